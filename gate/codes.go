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
		{"check.alone", "An environment is compared with no other one, and a host of it has no other one that should be like it: what was read of it was compared with nothing, and rules alone have judged it.",
			"Say what it is promoted from (promotion { from = … }), or give it rules."},
		{"override.active", "Somebody lets findings through, in the open: for one content, with a reason, until a time.",
			"Nothing, if it is meant. gate log says who; it ends by itself."},
		{"override.deployed", "What is on the environment was let in by an override, and is not proved on the environment before since.",
			"Deploy it to the environment before and verify it there; or go back to what passed, with --rollback."},
		{"set_aside.active", "A host is set aside: it is not read, and nothing is said of it, until a time.",
			"Nothing, if the host is known to be dead. gate set-aside HOST --until now takes it back."},
		{"ledger.rewritten", "The ledger does not continue what was seen of it before: it was rewritten, or cut off.",
			"Find out who moved the branch gate-ledger (git reflog, the forge's audit log) and put it back. Forbid rewriting it by a ruleset."},
		{"ledger.forged", "An event is not signed by a signer of the policy, or its signature is wrong.",
			"Find out who wrote it. Events that are not signed do not count."},
		{"ledger.not_allowed", "An event is signed by a signer who may not say such a thing.",
			"Find out why; if it is right, let the signer do it: may and environments in the policy."},
		{"ledger.foreign", "The ledger, or an event of it, is about another repository or another chain than the policy names.",
			"Correct the ledger block, or find out how the events came here."},
		{"ledger.missing", "The policy names a ledger, and there is none.",
			"Fetch the branch gate-ledger, or find out who removed it. A new one begins with gate record --adopt."},
		{"ledger.broken", "The ledger holds what no version of gate writes.",
			"gate log --verify says where; git fsck whether the repository is damaged."},
		{"promotion.skipped", "A content is on the environment that never passed the gate: it was deployed without a pass, or the hosts show what is not on record. Nobody has proved it.",
			"Prove it on the environment before, and promote it from there; or go back to what passed, with --rollback."},
		{"promotion.held", "Somebody holds promotions into the environment.",
			"Ask whose hold it is. gate resume ends it."},
		{"promotion.frozen", "A freeze of the policy holds now.",
			"Wait until it ends. gate override lets one content through, in the open."},
		{"promotion.running", "A deployment into the environment has begun and not ended. Two at a time would prove nothing.",
			"Wait for it. If it is dead, record it as failed."},
		{"promotion.not_deployed", "No deployment of the candidate to the environment before is on record as one that counts: it would skip staging. Without the ledger that is unknown, and not overridden.",
			"Deploy it there, verify it, and let it soak."},
		{"promotion.failed", "The candidate's deployment to the environment before failed.",
			"Mend what was wrong, and deploy that."},
		{"promotion.revoked", "The candidate was revoked: somebody has found that it must not go on.",
			"Promote something else."},
		{"promotion.not_observed", "A deployment is on record, and the hosts do not show it: their markers, or units that have not started since.",
			"Look whether the deployment reached the hosts. A claim is no proof."},
		{"promotion.dirty", "A host's checkout is not what its commit says: somebody has edited files in place.",
			"Undo the edits, or commit them and deploy that."},
		{"promotion.not_verified", "A check that the policy names has not passed for this very deployment, with all that is promoted together.",
			"Run the check and record it: gate record verified. A check of GitHub's (check:NAME, workflow:FILE) is not recorded: let it run until it succeeds."},
		{"promotion.check_unknown", "Whether a check of GitHub's that the policy names has passed could not be told: GitHub did not answer, or it has no run of it that is about this deployment. An empty list proves nothing, and disproves nothing.",
			"The finding says what is missing: a token, a permission, or a run of the expected workflow, for the deployed commit and branch, after the deployment."},
		{"promotion.moved", "What the candidate carries is not on the environment before as it was when it was verified there.",
			"Find out who changed it, and verify again."},
		{"promotion.soaking", "The candidate has not stayed long enough on the environment before since it was verified, between observations that agree.",
			"Wait, or let gate wait with --wait."},
		{"promotion.stale", "The proof is older than evidence_max_age.",
			"Deploy and verify again."},
		{"promotion.backward", "The candidate does not contain what is on the environment: promoting it would take that away.",
			"Merge what is there into it. To go back on purpose: --rollback."},
		{"promotion.rollback", "A rollback goes back to a content that passed before and was not revoked, and this one is not such.",
			"Choose one that was there: gate log."},
		{"promotion.too_large", "The promotion would change more than max_changes allows.",
			"Promote in smaller steps."},
		{"promotion.unowned", "The candidate changes files that no component owns, so that nobody can say whether they were proved.",
			"Add the paths to a component, or list them: gate { unmanaged = [\"…\"] }."},
		{"promotion.unresolved", "It could not be told what a host runs, or how commits follow each other.",
			"The finding says what is missing: a fetch, a marker, a record of what was built."},
		{"deployment.incomplete", "After a deployment a host does not have what the environment before proved: the change did not come there, or not whole.",
			"Look why, and deploy again; or go back, with --rollback."},
		{"deployment.moved", "A deployment changed what is no part of the change: nobody has proved that.",
			"Find out what did it: a configuration manager, an update, another change that had piled up. Put it back, or prove it on the environment before."},
		{"unknown.host", "A host could not be read, so nothing is known of it. An unreachable host is never an unchanged one.",
			"Mend the connection: the finding says at which step it failed. ssh HOST true with the same key is the first thing to try. What was recorded and is missing or too old, gate check --record reads again."},
		{"unknown.section", "A part of a host could not be read: denied, failed, cut off, or not collected.",
			"Give the account read access, or set become = true in the collect block; gate probe --host HOST prints what runs there."},
		{"unknown.fact", "One value could not be told, though the rest around it could.",
			"Give the account read access, set become = true in the collect block, or leave the place out of it. What is not read can be no proof."},
		{"host.same_machine", "Two names of the policy reach one machine: at the same address and port behind the same jump hosts, or with the same host key, machine-id, boot id and root folder. What could not be read of one of them proves nothing. On both sides of a comparison a machine is compared with itself, and always alike: that is hard. Two names in one role are fewer hosts than the policy says. Two roles of one environment may share a machine.",
			"Correct one of the names: in the policy, in ssh_config, or in DNS. Hosts behind one address, as of a gateway, are told apart by their machine-id or, while they run on one kernel, by their root folder."},
		{"collect.empty", "Something that the policy asks for is on no host at all. That is a misspelling more often than the truth, and then nothing would be compared.",
			"Correct the path or name, or put it under optional."},
		{"collect.one_side", "A collect block asks only one of two environments, by environments or roles: what it reads there is compared with nothing. Rules see it.",
			"Let the block ask both, unless it is there for rules alone. Where a component carries such a fact, or nothing else was compared, the check is undecided."},
		{"collect.silent", "A command of the policy printed nothing on any host. What nobody answers is compared with nothing.",
			"Run it on a host by hand: it may write to standard error, or look for what is nowhere."},
		{"rule.failed", "A rule of the policy does not hold on a host.",
			"The rule's own message says what is wrong. A waiver that names the rule covers it for a time, unless it is hard."},
		{"rule.undecided", "A rule could not be evaluated: it needs something that could not be told, or its expression is wrong for what is there.",
			"Mend what is unknown first. can(…) and try(…) handle what may be absent; they do not hide what is unknown."},
		{"rule.empty", "A rule's for_each went over nothing on all hosts that it selects, so it checked nothing.",
			"Correct the for_each, or say allow_empty = true in the rule."},
		{"rule.idle", "A rule's when was false everywhere, so it judged nothing. In a mixed fleet that may be as it should be; where the when names a host, role or environment that the policy does not have, the check is undecided.",
			"Correct the when, or remove the rule."},
		{"drift.foreign", "A value holds a variable of another environment, as when production points at staging's database. That is wrong even where both sides are equal.",
			"Correct the value on the host, or at its source. If the environments do share it, take it out of the vars."},
		{"drift.unpaired", "A role, or hosts of one operating system and architecture, stand on the target with nothing on the other side that could prove anything for them.",
			"Give the environment before it a host of the same role, operating system, version and architecture."},
		{"drift.differ", "The policy says that a value must differ, or be a certain one in an environment (differ), and it is not.",
			"Correct the value on the host, or the differ block."},
		{"drift.skipped", "The target has what the environment before never proved: that one stands where it stood before the candidate, and the target does not.",
			"Find out who changed the target. Put it back, or prove what it has on the environment before."},
		{"drift.diverged", "Both environments have moved since the target's content was proved, and differently.",
			"Make them alike, at the source of the difference first; then prove it."},
		{"drift.ahead", "The environment before was changed by something else than the candidate: what was proved there was proved with that, and the target does not have it.",
			"Bring the same to the target, or take it back. Updates that reach hosts at different hours: settle."},
		{"drift.unexplained", "The environments differ, and nothing on record says why. What is proved on one is not proved for the other.",
			"Make them alike: first at the source of the difference (configuration management, a requirements file), or it will be back, then on the hosts. What is meant to differ belongs into vars, differ or ignore; what has to wait, into a waiver (gate accept)."},
		{"drift.within", "Hosts that should be alike, of one role in one environment, disagree.",
			"Make them alike. Until then it is not even known what that environment proves."},
		{"preview.outside", "The configuration manager's own dry run would change what is not in the change in flight: what has piled up would come along with it. What a preview says of a resource that gate knows no fact of, as an Exec, is never in the change.",
			"Read each item. Prove on the environment before what belongs there, take back at its source what does not, or name it in the preview's ignore. \"changed\" was done by the preview itself: it was no dry run."},
		{"preview.unknown", "A dry run was not made, or not to its end, so that nothing is known of what the configuration manager would do.",
			"Run the preview's command on the host by hand: the finding says why it was not whole. Where sudo refuses, allow that command without a password, or say become = true; a tool that is at work is waited for two minutes."},
		{"change.in_flight", "The change itself: what the candidate carries, proved on the environment before, and not on the target yet.",
			"Nothing: this is what the promotion is for."},
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
