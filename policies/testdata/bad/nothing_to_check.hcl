environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
