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
	}
	for _, tt := range tests {
		if got := NewPattern(Address(tt.pattern)).Covers(Address(tt.address)); got != tt.want {
			t.Errorf("%s covers %s: got %t, want %t", tt.pattern, tt.address, got, tt.want)
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
