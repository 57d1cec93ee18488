package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate"
)

func TestDates(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	at := func(day int) time.Time { return time.Date(2026, 11, day, 1, 17, 0, 0, time.UTC) }
	app := gate.Event{ID: "1a2b3c4d5e6f", Contents: []gate.Content{{Component: "app", Commit: "a41c9e2aaaa"}}}
	const address = `deb["openssl"].version`
	dates := []Dated{
		{Address: address, Host: "staging/web/s1", Value: "1", First: at(17)},
		{Address: address, Host: "production/web/p1", Value: "2", First: at(18), Before: at(17), Was: "1"},
		{Address: address, Host: "production/web/p2", Value: "2", First: at(18), Before: at(17), Was: "1"},
		{Address: address, Host: "production/web/p3", Value: "2", First: at(18), Before: at(17), Was: "absent", Deployed: []gate.Event{app}},
		{Address: `deb["z"].version`, Host: "production/web/p1", Value: "evil \x1b[2J\u202e", Before: at(17), Was: "1"},
		{Address: `deb["z"].version`, Host: "production/web/p2", Value: "3", Before: at(17), Was: "1", Deployed: []gate.Event{app}},
		{Address: `deb["z"].version`, Host: "production/web/p3", Value: "4"},
	}
	var out bytes.Buffer
	if err := Dates(&out, dates, berlin); err != nil {
		t.Fatal(err)
	}
	want := `
Since when, by what the ledger has
deb["openssl"].version
   s1: 1, at least since 17 Nov 2026 02:17 CET
   p1, p2: 2, first seen 18 Nov 2026 02:17 CET; at 17 Nov 2026 02:17 CET it was 1; no deployment
       between them
   p3: 2, first seen 18 Nov 2026 02:17 CET; at 17 Nov 2026 02:17 CET it was absent; app a41c9e2
       was deployed (event 1a2b3c4) between them
deb["z"].version
   p1: evil \u001b[2J\u202e; in the last observation, of 17 Nov 2026 02:17 CET, it was 1; no
       deployment between them
   p2: 3; in the last observation, of 17 Nov 2026 02:17 CET, it was 1; app a41c9e2 was deployed
       (event 1a2b3c4) since
   p3: 4; since when is not on record
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	if err := Dates(&out, nil, berlin); err != nil || out.Len() > 0 {
		t.Errorf("of nothing: %q, %v", &out, err)
	}
}

func TestGrounds(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2026, 11, 20, 14, minute, 0, 0, time.UTC) }
	app := gate.Content{Component: "app", ID: "1", Commit: "a41c9e2aaaa"}
	lib := gate.Content{Component: "lib", ID: "2", Commit: "a41c9e2aaaa"}
	deployed := gate.Event{ID: "1a2b3c4d", Kind: gate.Deployed, At: at(10), By: "Ada \x07<ada@example.com>", Environment: "staging",
		Contents: []gate.Content{app}, Run: "https://ci.example.com/1"}
	ended := gate.Event{ID: "2b3c4d5e", Kind: gate.Deployed, At: at(50), Contents: []gate.Content{{Component: "app", Commit: "7be0d13bbbb"}}}
	failed := gate.Event{ID: "3c4d5e6f", Kind: gate.Failed}
	g := Grounds{
		Events:   Timeline{Zone: time.UTC, Entries: []gate.Entry{{At: deployed.At, Event: &deployed}}},
		Contents: []gate.Content{app, lib}, From: []string{"staging"},
		Stays: []gate.Stay{
			{Environment: "staging", Content: app, Deployed: deployed, Ended: &ended, Void: &failed},
			{Environment: "staging", Content: app, Deployed: ended, Shown: at(57)},
		},
		Checks: []gate.CheckResult{
			{Name: "check:e2e", Environment: "staging", Commit: app.Commit, Conclusion: "failure\x1b[2J", URL: "https://github.com/octo/shop/actions/runs/7/job/8", Completed: at(20)},
			{Name: "workflow:e2e.yml", Environment: "staging", Commit: app.Commit, URL: "https://github.com/octo/shop/actions/runs/9"},
			{Name: "check:scan", Environment: "staging", Commit: app.Commit},
		},
		Lacks: []string{"app a41c9e2 is not verified by \"smoke\" on staging"}, Next: []string{"run smoke"},
	}
	var out bytes.Buffer
	if err := g.Text(&out); err != nil {
		t.Fatal(err)
	}
	want := `
The events that it rests on
20 Nov 2026 14:10:00 UTC  1a2b3c4 deployed: app a41c9e2 -> staging
                                    by Ada \u0007<ada@example.com>
                                    https://ci.example.com/1

How long it was there
   app a41c9e2 on staging: since 20 Nov 2026 14:10 UTC, until 20 Nov 2026 14:50 UTC, when app
       7be0d13 came; its hosts never showed it in an observation on record; it does not count:
       failed, event 3c4d5e6
   app a41c9e2 on staging: since 20 Nov 2026 14:50 UTC; its hosts showed it last at 20 Nov 2026
       14:57 UTC
   lib: never on staging, as far as the ledger knows

What GitHub told
   check:e2e of a41c9e2 on staging: failure\u001b[2J, 20 Nov 2026 14:20 UTC
       https://github.com/octo/shop/actions/runs/7/job/8
   workflow:e2e.yml of a41c9e2 on staging: it had not ended
       https://github.com/octo/shop/actions/runs/9
   check:scan of a41c9e2 on staging: no run of it counted

What stands against the promotion
   app a41c9e2 is not verified by "smoke" on staging

Next
   run smoke
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
