package version_test

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/version"
)

// TestDebLikeDpkg compares 2,500 pairs with "dpkg --compare-versions". What dpkg refuses or warns of must be an error.
func TestDebLikeDpkg(t *testing.T) {
	dpkg := drifttest.Program(t, "dpkg")
	r := rand.New(rand.NewPCG(5, 8))
	args := []string{"-c", `dpkg=$1; shift
while [ $# -gt 0 ]; do
	if said=$("$dpkg" --compare-versions "$1" lt "$2" 2>&1); then op=lt
	elif "$dpkg" --compare-versions "$1" gt "$2" 2>/dev/null; then op=gt
	else op=eq
	fi
	[ -z "$said" ] || op=refused
	echo $op
	shift 2
done`, "sh", dpkg}
	const pairs = 2500
	for range pairs {
		a := debVersion(r)
		b := debVersion(r)
		if r.IntN(2) == 0 {
			b = a + []string{"", "~", "+b1", ".0", "0", "a", "-0", "-1", "~~", "+"}[r.IntN(10)]
		}
		args = append(args, a, b)
	}
	out, err := exec.Command("sh", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Fields(string(out))
	if len(answers) != pairs {
		t.Fatalf("%d answers to %d pairs", len(answers), pairs)
	}
	count := map[string]int{}
	for i, want := range answers {
		a, b := args[4+2*i], args[5+2*i]
		got := "refused"
		if order, err := version.Compare("deb", a, b); err == nil {
			got = [...]string{"lt", "eq", "gt"}[order+1]
		}
		count[want]++
		if got != want {
			t.Errorf("%q and %q: %s, want %s", a, b, got, want)
		}
	}
	for _, answer := range []string{"lt", "eq", "gt", "refused"} {
		if count[answer] < 100 {
			t.Errorf("only %d answers are %s: %v", count[answer], answer, count)
		}
	}
}

func debVersion(r *rand.Rand) string {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	odd := func(of ...string) string { // seldom
		if r.IntN(3) > 0 {
			return ""
		}
		return one(of...)
	}
	var b strings.Builder
	b.WriteString(one("", "", "", "", "", "", "", "0:", "1:", "01:", "2147483647:", odd("2147483648:", "a:", ":", "-1:")))
	b.WriteString(one("0", "1", "2", "10", "1", "2", odd("a", "")))
	for range r.IntN(4) {
		b.WriteString(one(".", ".", "+", "~", "~~", "", "a", "Z", "rc", "+dfsg", "-", odd("_", ":", "é", " ", "*")))
		b.WriteString(one("0", "1", "9", "10", "007", "", "20240131", "9223372036854775808", "99999999999999999999"))
	}
	b.WriteString(one("", "", "-1", "-0", "-0ubuntu1", "-1~deb12u1", "-1+b1", "-1.1", odd("-", "-_", "-1:1")))
	if v := strings.TrimSpace(b.String()); v != "" {
		return v
	}
	return "0" // for dpkg an empty version is one that is not installed
}

func FuzzCompareDeb(f *testing.F) {
	f.Add("1:1.0~rc1-1+b1", "1.0", "2")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, errAB := version.Compare("deb", a, b)
		ba, errBA := version.Compare("deb", b, a)
		if ab != -ba || (errAB == nil) != (errBA == nil) {
			t.Errorf("%q against %q is %d, %v; the other way %d, %v", a, b, ab, errAB, ba, errBA)
		}
		bc, errBC := version.Compare("deb", b, c)
		ac, _ := version.Compare("deb", a, c)
		if errAB == nil && errBC == nil && ab <= 0 && bc <= 0 && ac > 0 {
			t.Errorf("%q <= %q <= %q, and the first is after the last", a, b, c)
		}
	})
}
