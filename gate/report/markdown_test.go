package report

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer/html"
	reader "github.com/yuin/goldmark/text"
)

// evil has in one text what could mean something in a comment.
const evil = "<!-- gate:v1 policy=gate.hcl to=production --> @octocat/team #123 GH-7 o/r#5 a41c9e2fa41c9e2f www.evil.example https://evil.example/ " +
	"a@evil.example [x](https://evil.example) ![x](y) <script>alert(1)</script> </details> <https://evil.example> `` ``` | \\| \\` *a* _b_ ~~c~~ $x$ :tada: &amp; " +
	"1. one - [ ] two # three\n\n> four\n---\n\x1b[31mred\u202egnp.exe ::error::boom ##[add-mask]x %0A EOF"

var inPullRequest = CommentOptions{
	PullRequest: true, Changed: []string{"src/app.py"}, Files: "https://github.example/o/r/blob/5d2e0b1", Whole: "https://github.example/o/r/actions/runs/1",
	Origin: "From the ledger: staging as of 20 Nov 02:17 UTC; no host was contacted",
}

// pullRequests are verdicts as a pull request has them: its candidate was never deployed.
var pullRequests = map[string]struct {
	verdict *gate.Verdict
	options CommentOptions
}{
	"only its proof is lacking": {candidate(notDeployed()), inPullRequest},
	"drift as well":             {candidate(packages(5, 2), notDeployed()), inPullRequest},
	"its own mistake": {candidate(gate.Finding{Code: "promotion.unowned", Effect: gate.Blocks, Title: "The candidate changes 1 file that no component owns",
		Detail: []string{"deploy/new_thing.conf"}, Next: []string{"add the paths to a component, or list them in the gate block as unmanaged"}}, notDeployed()), inPullRequest},
	"it changes the policy": {candidate(gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Enforcement: "hard", Title: `Rule "setuptools-present" fails on production-1`,
		Detail: []string{"/srv/app/venv has no setuptools: pkg_resources cannot be imported"}, Hosts: []string{productionHost(0)}, Policy: &gate.Position{File: "gate.hcl", Line: 102},
		Next: []string{`mend what rule "setuptools-present" found on production-1 (finding NUMBER)`}}, notDeployed()),
		CommentOptions{PullRequest: true, Files: inPullRequest.Files, Changed: []string{"gate.hcl"}, Notes: []string{"The comment could not be written"}}},
}

func notDeployed() gate.Finding {
	return gate.Finding{Code: "promotion.not_deployed", Effect: gate.Blocks, Title: "app a41c9e2 was never deployed to staging",
		Next: []string{"deploy a41c9e2 to staging, as with: gate deploy --to staging --revision a41c9e2 -- COMMAND"}}
}

func candidate(findings ...gate.Finding) *gate.Verdict {
	v := verdict(gate.Blocked, 2, findings...)
	v.Candidate = &gate.Proposal{Commit: strings.Repeat("a41c9e2f", 5), Subject: "log to stdout, not to a file", Components: []string{"app"}, Commits: 1, Files: 1}
	return v
}

func TestMarkdown(t *testing.T) {
	for name, tt := range reports {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Markdown(&out, tt.verdict, tt.options); err != nil {
				t.Fatal(err)
			}
			checkMarkdown(t, out.String())
			golden(t, strings.ReplaceAll(name, " ", "-")+".md", out.Bytes())
			if diff := cmp.Diff(Summary(tt.verdict, CommentOptions{Origin: tt.options.Origin}), out.String()); diff != "" {
				t.Errorf("summary (-got +want)\n%s", diff)
			}
		})
	}
}

func TestComment(t *testing.T) {
	for name, tt := range reports {
		t.Run(name, func(t *testing.T) {
			got := Comment(tt.verdict, inPullRequest)
			checkMarkdown(t, got)
			golden(t, strings.ReplaceAll(name, " ", "-")+".comment.md", []byte(got))
		})
	}
	for name, tt := range pullRequests {
		t.Run(name, func(t *testing.T) {
			got := Comment(tt.verdict, tt.options)
			checkMarkdown(t, got)
			golden(t, strings.ReplaceAll(name, " ", "-")+".comment.md", []byte(got))
		})
	}
}

// What is normal before a merge is no alarm, and what is not is none of the pull request's doing.
func TestCommentWords(t *testing.T) {
	for name, want := range map[string][]string{
		"only its proof is lacking": {"[!NOTE]", "You can merge this. Nothing else stands against promoting it to production; its proof on staging comes after the merge."},
		"drift as well":             {"[!CAUTION]", "You can merge this. Promoting it to production is **blocked** today by 1 thing, none from this pull request."},
		"its own mistake":           {"[!CAUTION]", "Have a look before you merge this. Promoting it to production is **blocked** today by 1 thing, about this pull request itself."},
		"it changes the policy":     {"[!CAUTION]", "You can merge this. Promoting it to production is **blocked** today by 1 thing.", "This pull request changes the policy `gate.hcl`."},
	} {
		tt := pullRequests[name]
		got := Comment(tt.verdict, tt.options)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %q is not in\n%s", name, part, got)
			}
		}
		if strings.Contains(got, "gate deploy --to staging") || strings.Contains(got, "gate check --to") {
			t.Errorf("%s: it has a step that is not for a pull request\n%s", name, got)
		}
	}
}

// What the pull request causes is told apart from what else blocks, and from what could not be told; and a finding's own next
// step stays, where the check that ends the list does not.
func TestCommentSteps(t *testing.T) {
	unowned := gate.Finding{Code: "promotion.unowned", Effect: gate.Blocks, Title: "unowned", Next: []string{"add the paths to a component"}}
	unresolved := gate.Finding{Code: "promotion.unresolved", Effect: gate.Opens, Title: "unresolved", Next: []string{"get the commits"}}
	partial := gate.Finding{Code: "check.partial", Effect: gate.Opens, Title: "partial", Next: []string{"gate check --to production --revision a41c9e2, without --host"}}
	for _, tt := range []struct {
		name     string
		findings []gate.Finding
		want     string
		steps    []string
	}{
		{"two of three", []gate.Finding{packages(1, 1), unowned, unowned, unresolved}, "**blocked** today by 3 things, 2 about this pull request.", []string{"1. Make 1", "2. Add the", "3. Get the", "4. Merge"}},
		{"drift, and unresolved", []gate.Finding{packages(1, 1), unresolved}, "**blocked** today by 1 thing, none from this pull request.", []string{"1. Make 1", "2. Get the", "3. Merge"}},
		{"a check that is asked for", []gate.Finding{partial}, "1 thing is unknown, none from this pull request.", []string{"1. `gate check --to production --revision a41c9e2`", "2. Merge"}},
	} {
		v := candidate(tt.findings...)
		if v.Count(gate.Blocks) == 0 {
			v.Outcome = gate.Undecided
		}
		got := Comment(v, inPullRequest)
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q is not in\n%s", tt.name, tt.want, got)
		}
		for _, step := range tt.steps {
			if !strings.Contains(got, "\n"+step) {
				t.Errorf("%s: %q is not a step of\n%s", tt.name, step, got)
			}
		}
		if n := strings.Count(got, "gate check"); n > 1 || n == 1 && tt.name != "a check that is asked for" {
			t.Errorf("%s: the check again is a step of\n%s", tt.name, got)
		}
	}
}

func TestMarker(t *testing.T) {
	for _, tt := range []struct{ policy, to, want string }{
		{"gate.hcl", "production", "<!-- gate:v1 policy=gate.hcl to=production -->"},
		{"deploy/my gate.hcl", "prod", "<!-- gate:v1 policy=deploy/my%20gate.hcl to=prod -->"},
		{"a to=b", "-->\n@x", "<!-- gate:v1 policy=a%20to=b to=--%3E%0A@x -->"},
	} {
		if got := Marker(tt.policy, tt.to); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// many returns a verdict with 1,000 findings on 200 hosts, some of them blockers, each with what a host can say.
func many(blockers int, said string) *gate.Verdict {
	codes := []string{"drift.skipped", "drift.diverged", "drift.unexplained"}
	var findings []gate.Finding
	for i := range 1000 {
		f := packages(20, 200)
		f.Title = fmt.Sprintf("Production has what staging never proved, in 20 packages of set %d%s", i, said)
		f.Next = []string{fmt.Sprintf("put 20 packages of set %d back (finding NUMBER)", i)}
		f.Code = codes[min(i*len(codes)/blockers, len(codes)-1)]
		if i >= blockers {
			f.Code, f.Effect = "drift.unmerged", gate.Informs
		}
		findings = append(findings, f)
	}
	return verdict(gate.Blocked, 200, findings...)
}

// Where it is not known what the pull request changes, it may be the policy: nothing is said of what is not its doing.
func TestCommentOfUnknownFiles(t *testing.T) {
	got := Comment(candidate(packages(1, 1)), CommentOptions{PullRequest: true})
	if want := "You can merge this. Promoting it to production is **blocked** today by 1 thing."; !strings.Contains(got, want) {
		t.Errorf("%q is not in\n%s", want, got)
	}
}

// However many findings there are, the verdict, what blocks and what to do are whole, and the comment fits.
func TestCommentBudget(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", strings.Repeat(" "+evil, 5)} {
		for _, blockers := range []int{1, 60, 1000} {
			t.Run(fmt.Sprint(blockers, len(said)), func(t *testing.T) {
				if blockers != 60 {
					drifttest.Slow(t)
				}
				t.Parallel()
				v := many(blockers, said)
				got := Comment(v, inPullRequest)
				if len(got) > commentBudget {
					t.Errorf("it has %d bytes, want at most %d", len(got), commentBudget)
				}
				if again := Comment(v, inPullRequest); again != got {
					t.Error("two runs differ")
				}
				checkMarkdown(t, got)
				if want := fmt.Sprintf("**blocked** today by %s, none from this pull request", plural(blockers, "thing")); !strings.Contains(got, want) {
					t.Errorf("it does not say %q", want)
				}
				if !strings.Contains(got, "Some details are left out here") || !strings.Contains(got, "[Whole report]("+inPullRequest.Whole+")") {
					t.Error("it does not say that something is left out, and where it is")
				}
				shown, _, _ := strings.Cut(got, "<details>")
				checkNumbers(t, shown, `(?m)^\| ([0-9]+)(?: to ([0-9]+))? \|`, blockers)
				if strings.Contains(shown, " to 3") { // counted
					checkNumbers(t, shown, `(?m)^[0-9]+\. ([0-9]+)(?: to ([0-9]+))?:`, blockers)
				} else {
					checkNumbers(t, shown, "gate explain ([0-9]+)()`\\)", blockers)
				}
				if n := len(Summary(v, inPullRequest)); n > summaryBudget {
					t.Errorf("the summary has %d bytes", n)
				}
			})
		}
	}
}

// checkNumbers checks that a pattern finds each of the first n numbers, alone or in a range.
func checkNumbers(t *testing.T, page, pattern string, n int) {
	t.Helper()
	var got, want []int
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
		var first, last int
		fmt.Sscan(m[1], &first)
		last = first
		if m[2] != "" {
			fmt.Sscan(m[2], &last)
		}
		for i := first; i <= last; i++ {
			got = append(got, i)
		}
	}
	for i := range n {
		want = append(want, i+1)
	}
	if diff := cmp.Diff(slices.Compact(got), want); diff != "" {
		t.Errorf("numbers by %s (-got +want)\n%s", pattern, diff)
	}
}

// A result that was read from a file may say anything anywhere, at any length.
func TestCommentOfTampered(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, said := range []string{evil, strings.Repeat(evil, 1000), strings.Repeat("`|", 50_000), ""} {
		v := verdict(gate.Blocked, 1, hostile(), hostile(), hostile())
		v.To, v.From, v.Revision, v.NotEvaluated = said, []string{said}, said, []string{said}
		v.Policy.Digest, v.Policy.Mode, v.Policy.Until = said, "report", said
		v.Waivers = []gate.Waiver{{Name: said, Expires: at.Add(1e9), Covers: 1}}
		v.Candidate = &gate.Proposal{Commit: said, Subject: said, Components: []string{said}}
		v.Hosts[0].ID = said
		for i := range v.Findings {
			f := &v.Findings[i]
			f.Code, f.Title, f.Subject, f.Hosts, f.Detail, f.Next = said, said, said, []string{said, said}, []string{said, said, said}, []string{said, said}
			f.Policy = &gate.Position{File: said, Line: 1}
			f.Items[0].Label, f.Items[0].Note = said, said
			f.Items[0].To = []gate.Values{{Value: said, Kind: said, Why: said, Hosts: []string{said}}}
			f.Items = append(f.Items, set(said, said, on("known", said, said), on("unknown", said, said)))
		}
		v.Findings[1].Effect, v.Findings[2].Effect = gate.Opens, gate.Informs
		v.Findings[2].Code = inFlight
		for _, o := range []CommentOptions{{Origin: said}, {PullRequest: true, Files: said, Whole: said, Notes: []string{said}, Changed: []string{said}}} {
			v.To = "production" // the marker is as long as it is
			if got := Comment(v, o); len(got) > commentBudget {
				t.Errorf("it has %d bytes", len(got))
			} else {
				checkMarkdown(t, got)
			}
			if _, got := Issue(v, o); len(got) > commentBudget {
				t.Errorf("the issue has %d bytes", len(got))
			} else {
				checkMarkdown(t, got)
			}
			v.To = said
			checkMarkdown(t, Summary(v, o))
		}
	}
}

var (
	parser = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	ours   = regexp.MustCompile(`^(<!-- gate:v1 (?:drift )?policy=[^ <>]+ to=[^ <>]* -->|<details><summary>[A-Za-z0-9 ,:]+</summary>|</details>)\n*$`)
	inline = []string{"<code>", "</code>", "<br>", "<sub>", "</sub>"}
	linked = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|://|www\.|\b[0-9a-f]{7,}\b`)
)

// checkMarkdown checks what holds for every report in Markdown: nothing in it is a link, a mention or HTML but what we have
// put there, and nothing in it is hidden.
func checkMarkdown(t *testing.T, page string) {
	t.Helper()
	if strings.IndexFunc(strings.ReplaceAll(page, "\n", ""), hidden) >= 0 {
		t.Errorf("it has a hidden character: %q", page)
	}
	source := []byte(page)
	headings, code := 0, 0
	_ = ast.Walk(parser.Parser().Parse(reader.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if dest := string(n.Destination); !strings.HasPrefix(dest, "https://github.example/o/r/") && dest != wordsAddress {
				t.Errorf("a link to %q", dest)
			}
		case *ast.RawHTML:
			tag := string(n.Segments.Value(source))
			if !slices.Contains(inline, tag) {
				t.Errorf("inline HTML %q", tag)
			}
			code += strings.Count(tag, "<code") - strings.Count(tag, "</code")
		case *ast.HTMLBlock:
			var block strings.Builder
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				block.Write(line.Value(source))
			}
			if n.HasClosure() {
				block.Write(n.ClosureLine.Value(source))
			}
			for line := range strings.Lines(block.String()) {
				if line = strings.TrimSpace(line); line != "" && !ours.MatchString(line) {
					t.Errorf("an HTML block: %q", line)
				}
			}
		case *ast.Heading:
			headings++
		case *ast.Text:
			if _, is := n.Parent().(*ast.CodeSpan); !is && code == 0 && !inLink(n) {
				if value := string(n.Segment.Value(source)); linked.MatchString(value) {
					t.Errorf("GitHub makes a link of %q", value)
				}
			}
		case *extast.TableHeader:
			if n.ChildCount() != 3 {
				t.Errorf("a table of %d columns", n.ChildCount())
			}
		case *ast.FencedCodeBlock:
			if string(n.Language(source)) != "diff" {
				t.Errorf("a block of %q", n.Language(source))
			}
			for i := range n.Lines().Len() {
				if line := n.Lines().At(i); !strings.ContainsRune("+-@#", rune(source[line.Start])) {
					t.Errorf("a line of a diff: %q", line.Value(source))
				}
			}
		case *ast.AutoLink, *ast.Image, *ast.CodeBlock, *ast.ThematicBreak, *extast.Strikethrough, *extast.TaskCheckBox:
			t.Errorf("a %s", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	if headings != 1 {
		t.Errorf("%d headings, want 1", headings)
	}
}

func inLink(n ast.Node) bool {
	for ; n != nil; n = n.Parent() {
		if _, is := n.(*ast.Link); is {
			return true
		}
	}
	return false
}
