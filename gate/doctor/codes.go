package doctor

// code is a kind of finding: how bad it is, and why it matters.
type code struct {
	severity Severity
	why      string
}

// codes are all kinds, by their names.
var codes = map[string]code{
	"gate.absent":             {Open, "A policy that no workflow asks blocks nothing."},
	"gate.skippable":          {Open, "A step that is skipped counts as one that succeeded: what stands behind it runs, and nothing was judged."},
	"gate.tolerated":          {Open, "A failure that is tolerated counts as a success: what stands behind it runs although gate blocks."},
	"gate.swallowed":          {Open, "Only the exit code of the whole script fails a step: what stands behind it runs although gate blocks."},
	"gate.optional":           {Weak, "A required check whose job is skipped counts as passed, and one whose workflow does not run stays pending for ever."},
	"deploy.despite":          {Open, "What runs whatever became of the steps and jobs before it runs when gate blocks, too."},
	"deploy.ungated":          {Open, "Environments of GitHub enforce no order: only a gate in the same job, or in one that it needs, holds a deployment back."},
	"deploy.beside":           {Weak, "The job gets the keys of the environment, and GitHub shows it as a deployment that gate knows nothing of."},
	"concurrency.shared":      {Weak, "A run that waits for an approval holds its group: nothing else of the group runs until somebody answers."},
	"concurrency.cancels":     {Weak, "A newer run ends this one in the middle of a deployment: half of the hosts have the new state, and the ledger says that it goes on."},
	"deployments.written":     {Weak, "Who may write deployments can erase those that the ledger is compared with."},
	"action.unpinned":         {Weak, "A tag or a branch can be moved: who does it gets every secret of the job. A commit cannot."},
	"secrets.target":          {Open, "The workflow has the repository's secrets and a token that may write, and runs what a pull request brings with it."},
	"secrets.pull-request":    {Open, "Whoever can push a branch decides what a pull request's job runs, and so has the key to the hosts."},
	"secrets.repository":      {Weak, "Each workflow on each branch can read a secret of the repository. One of a protected environment is given out only after its rules."},
	"permission.missing":      {Weak, "What the token may not do is missing later: a ledger without the deployment, or a report that nobody sees."},
	"checkout.credentials":    {Weak, "The ledger is pushed with the checkout's own credentials; without them what happened is recorded nowhere."},
	"checkout.shallow":        {Weak, "Without the history gate cannot tell what the change is, and is undecided."},
	"schedule.none":           {Weak, "Between promotions nobody notices drift, and pull requests are judged by what was recorded last."},
	"schedule.stopped":        {Weak, "A check that does not run finds no drift, and nobody is told that it does not."},
	"environment.missing":     {Open, "A workflow that names an environment which is not there creates it, without any protection."},
	"environment.unprotected": {Open, "Whoever can push a branch can write a workflow that names the environment, without gate in it, and gets its secrets."},
	"environment.loose":       {Weak, "Whoever can push a branch can write a workflow that names the environment, and gets its secrets."},
	"environment.bypass":      {Weak, "Administrators can start the deployment without the approval."},
	"ledger.rewritable":       {Weak, "Who may rewrite or delete the branch can take back what happened: a failed deployment, a hold."},
	"ledger.missing":          {Weak, "Nothing has been recorded yet: promotions have no proof to rest on."},
	"ledger.local":            {Weak, "What is recorded on a runner is gone with it."},
	"signer.ends":             {Weak, "What is signed with the key after that does not count, so that nothing is proved any more."},
	"settings.unknown":        {Unknown, "What could not be told is not known to be right."},
}
