package gate

import "strings"

// never are the codes of findings that no override lets through: what could not be told, what is hard, and what stops
// nothing. A name that ends in a dot is that of a whole family.
var never = []string{
	"check.", "unknown.", "collect.empty", "rule.undecided", "rule.empty", "promotion.unresolved", "promotion.check_unknown", "preview.unknown",
	"ledger.",
	"override.", "set_aside.active", "change.in_flight", "drift.same_secret", "drift.unmerged", "host.clock", "waiver.", "pattern.",
}

// Overridable returns the codes of the findings that an override may let through, in the order of Codes. Of rules only
// those that are not hard are let through.
func Overridable() []string {
	var names []string
	for _, c := range Codes() {
		if !neverOverridden(c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

func neverOverridden(code string) bool {
	for _, name := range never {
		if code == name || strings.HasSuffix(name, ".") && strings.HasPrefix(code, name) {
			return true
		}
	}
	return false
}
