package gate

import "slices"

// Code is a kind of finding. Its name is stable: scripts, policies and overrides may rely on it.
type Code struct {
	Name string
	// Meaning says what such a finding is, and why it matters; Do says what helps.
	Meaning, Do string
}

// Codes returns every kind of finding, in the order in which reports have them.
func Codes() []Code {
	return []Code{
		{"check.empty", "There is nothing to judge: no hosts, nothing collected, or nothing that it could be compared with. A gate that checks nothing must not open.",
			"Name hosts, collect blocks and rules in the policy; gate validate says what is missing."},
		{"check.partial", "Only some of the hosts were read (--host), so nothing is known of the others.",
			"Run the check without --host before you promote."},
		{"promotion.unjudged", "A revision was given. Whether it was proved on staging, and which differences are the change itself, is told by the ledger, which this version of gate does not have yet.",
			"Check without --revision: that is the drift check, and it is complete."},
		{"unknown.host", "A host could not be read, so nothing is known of it. An unreachable host is never an unchanged one.",
			"Mend the connection: the finding says at which step it failed. ssh HOST true with the same key is the first thing to try."},
		{"unknown.section", "A part of a host could not be read: denied, failed, cut off, or not collected.",
			"Give the account read access, or set become = true in the collect block; gate probe --host HOST prints what runs there."},
		{"unknown.fact", "One value could not be told, though the rest around it could.",
			"Give the account read access, set become = true in the collect block, or leave the place out of it. What is not read can be no proof."},
		{"collect.empty", "Something that the policy asks for is on no host at all. That is a misspelling more often than the truth, and then nothing would be compared.",
			"Correct the path or name, or put it under optional."},
		{"rule.failed", "A rule of the policy does not hold on a host.",
			"The rule's own message says what is wrong. A waiver that names the rule covers it for a time, unless it is hard."},
		{"rule.undecided", "A rule could not be evaluated: it needs something that could not be told, or its expression is wrong for what is there.",
			"Mend what is unknown first. can(…) and try(…) handle what may be absent; they do not hide what is unknown."},
		{"rule.empty", "A rule's for_each went over nothing on all hosts that it selects, so it checked nothing.",
			"Correct the for_each, or say allow_empty = true in the rule."},
		{"drift.foreign", "A value holds a variable of another environment, as when production points at staging's database. That is wrong even where both sides are equal.",
			"Correct the value on the host, or at its source. If the environments do share it, take it out of the vars."},
		{"drift.unpaired", "A role, or hosts of one operating system and architecture, stand on the target with nothing on the other side that could prove anything for them.",
			"Give the environment before it a host of the same role, operating system, version and architecture."},
		{"drift.differ", "The policy says that a value must differ, or be a certain one in an environment (differ), and it is not.",
			"Correct the value on the host, or the differ block."},
		{"drift.unexplained", "The environments differ, and nothing on record says why. What is proved on one is not proved for the other.",
			"Make them alike: first at the source of the difference (configuration management, a requirements file), or it will be back, then on the hosts. What is meant to differ belongs into vars, differ or ignore; what has to wait, into a waiver (gate accept)."},
		{"drift.within", "Hosts that should be alike, of one role in one environment, disagree.",
			"Make them alike. Until then it is not even known what that environment proves."},
		{"drift.same_secret", "The same secret is used in both environments. Who has one has the other.",
			"Give each environment a secret of its own."},
		{"drift.unmerged", "A package brought a new version of a configuration file, and nobody has merged it.",
			"Compare the two files, and remove the left-over."},
		{"host.clock", "A host's clock is off from the clock of the machine that runs gate.",
			"Mend time synchronisation on the host: soak times and certificates depend on it."},
		{"waiver.expired", "A waiver has expired and covers nothing any more.",
			"Mend what it covered, or renew it with a new date after a look at whether its reason still holds."},
		{"waiver.unused", "A waiver covers nothing: what it was for is gone, or has another value now.",
			"Remove it."},
		{"pattern.unused", "A pattern of the policy matches nothing that was collected.",
			"Correct or remove it."},
	}
}

// Explain returns the code of a name, false where there is none.
func Explain(name string) (Code, bool) {
	codes := Codes()
	i := slices.IndexFunc(codes, func(c Code) bool { return c.Name == name })
	if i < 0 {
		return Code{}, false
	}
	return codes[i], true
}

func codeRank(name string) int {
	return slices.IndexFunc(Codes(), func(c Code) bool { return c.Name == name })
}
