gate {
  timezone = "UTC
}
