// Package pypa reads what Python installers write and people pin: versions and specifiers (PEP 440), names (PEP 503),
// requirements and markers (PEP 508), METADATA, RECORD, direct_url.json, egg-info, and pip's requirement files. It does
// no I/O of its own and decides as the reference library "packaging" does; its tests ask that library.
//
// Input comes from hosts, so it is hostile: nothing here panics or recurses without bound, and what cannot be read is an
// error or an entry that says so. A marker whose variables could not be told is [Unknown], neither true nor false. A
// URL is kept only as [RedactURL] returns it, without credentials.
package pypa

import "strings"

// NormalizeName returns the name of a distribution or an extra as PEP 503 compares it: lower case, each run of "-", "_"
// and "." as one "-".
func NormalizeName(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	run := false
	for i := range len(name) { // bytes: what is not UTF-8 stays as it is
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
			if !run {
				b.WriteByte('-')
			}
			run = true
			continue
		case 'A' <= c && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
		run = false
	}
	return b.String()
}
