collect "deb" {}
