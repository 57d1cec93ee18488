package version_test

import (
	"errors"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/version"
)

// TestDebLikeDpkg compares pairs with "dpkg --compare-versions". What dpkg refuses or warns of must be an error.
func TestDebLikeDpkg(t *testing.T) {
	dpkg := drifttest.Program(t, "dpkg")
	r := rand.New(rand.NewPCG(5, 8))
	pairs := make([][2]string, drifttest.Times(600, 2500))
	for i := range pairs {
		a := debVersion(r)
		b := debVersion(r)
		if r.IntN(2) == 0 {
			b = a + []string{"", "~", "+b1", ".0", "0", "a", "-0", "-1", "~~", "+"}[r.IntN(10)]
		}
		pairs[i] = [2]string{a, b}
	}
	answers := make([]string, len(pairs))
	var asking errgroup.Group
	asking.SetLimit(4)
	for i, pair := range pairs {
		asking.Go(func() (err error) {
			answers[i], err = askDpkg(dpkg, pair[0], pair[1])
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for i, want := range answers {
		got := "refused"
		if order, err := version.Compare("deb", pairs[i][0], pairs[i][1]); err == nil {
			got = [...]string{"lt", "eq", "gt"}[order+1]
		}
		count[want]++
		if got != want {
			t.Errorf("%q and %q: %s, want %s", pairs[i][0], pairs[i][1], got, want)
		}
	}
	for _, answer := range []string{"lt", "eq", "gt", "refused"} {
		if count[answer] < len(pairs)/25 {
			t.Errorf("only %d answers are %s: %v", count[answer], answer, count)
		}
	}
}

// askDpkg returns the order of two versions: "lt", "eq", "gt", or "refused" where dpkg does not take one of them without a word.
func askDpkg(dpkg, a, b string) (string, error) {
	holds := func(operator string) (yes bool, said string, err error) {
		out, err := exec.Command(dpkg, "--compare-versions", a, operator, b).CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return false, string(out), nil
		}
		return err == nil, string(out), err
	}
	less, said, err := holds("lt")
	switch {
	case err != nil:
		return "", err
	case said != "":
		return "refused", nil
	case less:
		return "lt", nil
	}
	greater, _, err := holds("gt")
	if greater {
		return "gt", err
	}
	return "eq", err
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
