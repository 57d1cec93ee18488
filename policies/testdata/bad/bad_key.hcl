environment "staging" {
  vars = { domain = "staging.example.com", only_staging = "x" }
  role "web" {
    hosts = ["deploy@staging-1"]
  }
}

environment "production" {
  vars = { domain = "example.com" }
  role "web" {
    hosts = ["deploy@production-1", "deploy@production-2"]
  }
  promotion {
    from = ["staging"]
  }
}

collect "deb" {}

signer "a" {
  key = "ssh-ed25519 AAAA…"
  may = ["deployed"]
}

signer "b" {
  key = "-----BEGIN OPENSSH PRIVATE KEY-----"
  may = ["deployed"]
}

signer "c" {
  key = "restrict ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx x"
  may = ["deployed"]
}

signer "d" {
  key = "keys/ci.pub"
  may = []
}

signer "e" {
  key     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx x"
  may     = ["deployed"]
  expires = "2027-02-30"
}
