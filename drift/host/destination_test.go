package host

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDestination(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want destination
	}{
		{"web-1", destination{host: "web-1"}},
		{"deploy@web-1", destination{user: "deploy", host: "web-1"}},
		{"deploy@web-1:2222", destination{user: "deploy", host: "web-1", port: 2222}},
		{"ssh://deploy@web-1:2222", destination{user: "deploy", host: "web-1", port: 2222}},
		{"ssh://web-1/", destination{host: "web-1"}},
		{"a@b@web-1", destination{user: "a@b", host: "web-1"}},
		{`EXAMPLE\deploy@web-1`, destination{user: `EXAMPLE\deploy`, host: "web-1"}},
		{"::1", destination{host: "::1"}},
		{"deploy@fe80::1%eth0", destination{user: "deploy", host: "fe80::1%eth0"}},
		{"[::1]", destination{host: "::1"}},
		{"[::1]:22", destination{host: "::1", port: 22}},
		{"ssh://[::1]:22", destination{host: "::1", port: 22}},
	}
	for _, test := range tests {
		got, err := parseDestination(test.text)
		if diff := cmp.Diff(got, test.want, cmp.AllowUnexported(destination{})); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", test.text, err, diff)
		}
	}
}

func TestParseDestinationMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"", "no host"},
		{"deploy@", "no host"},
		{"@web", "no user"},
		{"-oProxyCommand=reboot", "begins with -"},
		{"deploy@-v", "begins with -"},
		{"-v@web", "begins with -"},
		{"ssh://-oProxyCommand=reboot", "begins with -"},
		{"web 1", "character"},
		{"web;reboot", "character"},
		{"web\n", "character"},
		{"$(reboot)", "character"},
		{"web,db", "character"},
		{"a b@web", "character"},
		{"web:", "port"},
		{"web:0", "port"},
		{"web:65536", "port"},
		{"web:ssh", "port"},
		{"ssh://a:secret@web", "password"},
		{"ssh://web/path", "more than"},
		{"[::1", "missing"},
	}
	for _, test := range tests {
		_, err := parseDestination(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got error %v, want one about %q", test.text, err, test.want)
		}
	}
}
