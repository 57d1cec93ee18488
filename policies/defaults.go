package policies

// Defaults returns what gate leaves out of every comparison unless the policy says defaults = false.
func Defaults() []Ignore { return nil }
