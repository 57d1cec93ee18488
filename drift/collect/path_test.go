package collect

import "testing"

// What would match nothing, or other than it looks, is a mistake.
func TestArgumentChecks(t *testing.T) {
	for _, c := range []struct {
		collector, arg, text string
		good                 bool
	}{
		{"file", "paths", "/etc/app/**", true},
		{"file", "paths", `/etc/app/\[x\]`, true},
		{"file", "paths", "/etc/..data/x", true},
		{"file", "paths", "/etc/../x", false},
		{"file", "paths", "etc/x", false},
		{"file", "paths", "/etc/[ab", false},
		{"file", "optional", "/etc/{a,b", false},
		{"file", "optional", "/etc/[[:alpha:]]*", false},
		{"file", "exclude", "*.local", true},
		{"file", "exclude", "[a-c]*", true},
		{"file", "exclude", "/etc/app/cache/**", true},
		{"file", "exclude", "**/cache", true},
		{"file", "exclude", "[ab", false},
		{"file", "exclude", "{a,b", false},
		{"file", "exclude", "/etc/[ab", false},
		{"file", "exclude", "cache/*", false},
		{"file", "exclude", "/etc/cache/", false},
		{"python", "venvs", "/srv/*/venv", true},
		{"python", "venvs", "/srv/{a,b}/venv", false},
		{"python", "venvs", "/srv/[a/venv", false},
		{"python", "optional", "/srv/[^a]*", false},
		{"python", "optional", "/srv/[!a]*", true},
		{"python", "optional", "srv/venv", false},
		{"python", "requirements", "/srv/app/requirements.txt", true},
		{"python", "requirements", "/srv/*/requirements.txt", false},
		{"python", "requirements", "requirements.txt", false},
		{"revision", "checkout", "/srv/app/src", true},
		{"revision", "checkout", "/srv/*/src", false},
		{"revision", "marker", "REVISION", false},
		{"service", "units", "nginx", true},
		{"service", "units", "app-*.timer", true},
		{"service", "units", "app-[12]", false},
		{"service", "optional", "app@.service", false},
	} {
		for _, arg := range Named(c.collector).Args {
			if arg.Name == c.arg {
				if err := arg.Check(c.text); (err == nil) != c.good {
					t.Errorf("%s, %s %q: got %v, want good: %t", c.collector, c.arg, c.text, err, c.good)
				}
			}
		}
	}
}
