package drift

import "testing"

func TestPatternCovers(t *testing.T) {
	tests := []struct {
		pattern, address string
		want             bool
	}{
		{`deb["openssl"]`, `deb["openssl"].version`, true},
		{`deb["openssl"]`, `deb["openssl-dev"].version`, false},
		{`deb["openssl"].version`, `deb["openssl"].held`, false},
		{`deb["openssl"].version`, `deb["openssl"]`, false},
		{`deb`, `deb["openssl"].version`, true},
		{`deb`, `debian["x"]`, false},
		{`deb["*"]`, `deb["openssl"].version`, true},
		{`deb["*"].version`, `deb["openssl"].held`, false},
		{`deb["linux-image-*"]`, `deb["linux-image-6.1"].version`, true},
		{`deb["linux-image-*"]`, `deb["linux-image"].version`, false},
		{`file["/etc/*"].entries["*.level"]`, `file["/etc/app/logging.ini"].entries["root.level"]`, true},
		{`file["/etc/*"].entries["*.level"]`, `file["/etc/app/logging.ini"].entries["root.levels"]`, false},
		{`file["*.log"]`, `file["/var/log/a.log"].mode`, true},
		{`file["*.log"]`, `file["/var/log/a.log.1"].mode`, false},
		{`file["/etc/a?[b]"]`, `file["/etc/axb"].mode`, false}, // nothing but "*" is special
		{`file["/etc/a?[b]"]`, `file["/etc/a?[b]"].mode`, true},
		{`os.kernel`, `os.kernel`, true},
		{`os.kernel`, `os.kernel_x`, false},
		{`file["*"]`, `deb["x"].version`, false},
		{`file["/a\\*b"]`, `file["/a*b"].mode`, true}, // a backslash before "*": that character
		{`file["/a\\*b"]`, `file["/axb"].mode`, false},
		{`file["/a\\*b"]`, `file["/a\\*b"].mode`, false},
		{`file["/a\\*b*"].mode`, `file["/a*bcd"].mode`, true},
		{`file["/a\\*b*"].mode`, `file["/aXbcd"].mode`, false},
		{`file["/a\\\\*b"]`, `file["/a\\Xb"].mode`, true}, // one before that: a backslash, and any characters
		{`file["/a\\\\*b"]`, `file["/a*b"].mode`, false},
		{`service["dev-disk\\x2d*"]`, `service["dev-disk\\x2dby.device"].active`, true}, // elsewhere it is what it is
		{`service["dev-disk\\x2d*"]`, `service["dev-diskx2dby.device"].active`, false},
		{`file["$${x}*"]`, `file["$${x}y"]`, true},
	}
	for _, tt := range tests {
		if got := NewPattern(Address(tt.pattern)).Covers(Address(tt.address)); got != tt.want {
			t.Errorf("%s covers %s: got %t, want %t", tt.pattern, tt.address, got, tt.want)
		}
	}
}

// The address that names one fact exactly covers it, and nothing else; what it covers, no other one does.
func TestExactly(t *testing.T) {
	keys := []string{`/etc/a`, `/etc/a*`, `*`, `**`, `a*b*`, `a\b`, `a\*`, `a\\*b`, `\`, `*\`, `\*\*`, `a"*$${*}`, "a\n*", `a\x`, ``}
	var all []Address
	for _, key := range keys {
		all = append(all, Address("file").Key(key).Attr("mode"))
	}
	for _, a := range all {
		p := NewPattern(a.Exactly())
		if exact, ok := p.Exact(); !ok || exact != a {
			t.Errorf("%s is exactly %s, which names %s", a, a.Exactly(), exact)
		}
		for _, b := range all {
			if got, want := p.Covers(b), a == b; got != want {
				t.Errorf("%s covers %s: got %t, want %t", a.Exactly(), b, got, want)
			}
		}
	}
}

// A pattern covers another one where it covers all that that one does.
func TestCoversAll(t *testing.T) {
	for _, tt := range []struct {
		wide, narrow string
		want         bool
	}{
		{`deb["*"]`, `deb["a*"]`, true},
		{`deb["a*"]`, `deb["*"]`, false},
		{`deb["a*"]`, `deb["a*"].version`, true},
		{`deb["a*"].version`, `deb["a*"]`, false},
		{`deb["a\\*"]`, `deb["a\\*"]`, true},
		{`deb["a\\*"]`, `deb["a*"]`, false},
		{`deb["a*"]`, `deb["a\\*"]`, true},
		{`deb["a"]`, `deb["a"].version`, true},
		{`deb`, `deb["*"]`, true},
	} {
		if got := NewPattern(Address(tt.wide)).CoversAll(NewPattern(Address(tt.narrow))); got != tt.want {
			t.Errorf("%s covers all of %s: got %t, want %t", tt.wide, tt.narrow, got, tt.want)
		}
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "x", false}, {"*", "", true}, {"*", "any/thing", true}, {"a*b", "ab", true}, {"a*b", "axxb", true}, {"a*b", "axxbc", false},
		{"a*b*c", "abc", true}, {"a*b*c", "acb", false}, {"*a", "ba", true}, {"a*a", "a", false}, {"**", "x", true}, {"*a*a*", "aba", true}, {"*ab", "aab", true},
	}
	for _, tt := range tests {
		if got := Match(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q, %q: got %t, want %t", tt.pattern, tt.text, got, tt.want)
		}
	}
}
