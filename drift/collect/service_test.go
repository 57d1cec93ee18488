package collect

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

func stringList(items ...string) cty.Value {
	var list []cty.Value
	for _, item := range items {
		list = append(list, cty.StringVal(item))
	}
	return cty.ListVal(list)
}

func unitQuery(units ...string) Query {
	return Query{Collector: "service", Args: map[string]cty.Value{"units": stringList(units...)}}
}

// Where systemd does not run no unit is there: sd_booted(3).
func TestServiceWithoutSystemd(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		t.Skip("systemd runs here; the test of a booted system is another")
	}
	got := text(askOne(t, "", unitQuery("nginx", "app-*")))
	if diff := cmp.Diff("section service[\"nginx.service\"]: absent \nquestion service[\"app-*\"]: absent \n", got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestServiceInATree(t *testing.T) {
	t.Parallel()
	got := askOne(t, t.TempDir(), unitQuery("nginx.service"))
	if got[0].Status != drift.Failed || !strings.Contains(got[0].Reason, "no systemd runs in a root tree") {
		t.Errorf("%s: %s", got[0].Status, got[0].Reason)
	}
}

func TestServiceWords(t *testing.T) {
	q := unitQuery("nginx", `odd\x2dname.service`, `odd\x2d*`, "a b", "x@.service", "--all", "app@1.service")
	q.Args["optional"] = stringList("cron.timer")
	want := []string{"nginx.service", `odd\x2dname.service`, `odd\\x2d*`, "--all.service", "app@1.service", "cron.timer"}
	if diff := cmp.Diff(want, serviceWords(q)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Output without its last parts is not that of a host on which there is less.
func TestServiceTooFewParts(t *testing.T) {
	data, err := os.ReadFile("testdata/service/debian-12-root.in")
	must(t, err)
	whole, q := string(data), storedQuery(t, Named("service"), "testdata/service/debian-12-root.query")
	parse := func(data string) []drift.Section {
		return Frame{Query: q, Head: Head{Time: noon}, Data: []byte(data)}.parse()
	}
	if got := parse(whole); !got[0].Known() {
		t.Fatalf("the whole: %s %s", got[0].Status, got[0].Reason)
	}
	parts := regexp.MustCompile(`(?m)^=[a-z]+$`).FindAllStringIndex(whole, -1)
	for _, part := range parts {
		for _, s := range parse(whole[:part[0]] + "end\n") {
			if s.Known() {
				t.Errorf("without %q and what follows: %s is %s", whole[part[0]:part[1]], s.Address(), s.Status)
			}
		}
	}
	if len(parts) < 5 {
		t.Errorf("%d parts", len(parts))
	}
}

func FuzzParseService(f *testing.F) {
	for _, name := range []string{"states", "debian-12-root", "no-such-names"} {
		data, err := os.ReadFile("testdata/service/" + name + ".in")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("=named\n=matched\nId=app-a.service\nNames=app-a.service \"app-\\\\x2d\nLoadState=loaded\nActiveState=active\n=files\n=processes\n\n=maps\nend\n")
	f.Fuzz(func(t *testing.T, data string) {
		fuzzParse(t, unitQuery("a.service"), data)
		fuzzParse(t, unitQuery("app-*", "*"), data)
	})
}
