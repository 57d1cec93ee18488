environment "staging" {
  ssh {
    user              = "deploy"
    port              = 2222
    hostname          = "10.0.0.1"
    identity_files    = ["keys/ci"]
    certificate_files = "keys/ci-cert.pub"
    known_hosts       = ["known_hosts", "known_hosts.d/staging"]
    proxy_jump        = "none"
    host_key_alias    = "staging"
    config            = "none"
    connect_timeout   = "5s"
    timeout           = "1m30s"
    root              = "/srv/image"
  }
  role "web" {
    hosts = ["web-1", "ssh://deploy@web-2:2200", "deploy@[::1]:22"]
    ssh {
      port = 22
    }
  }
  role "worker" {
    hosts = ["worker-1"]
  }
}

# A host of two environments, told apart by where it is reached.
environment "production" {
  ssh {
    port = 2223
  }
  role "web" {
    hosts = ["web-1"]
  }
  promotion {
    from = ["staging"]
    soak = "0m"
  }
}
