package policies

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift"
)

// Defaults returns what gate leaves out of every comparison unless the policy says defaults = false, from
// builtin/defaults.hcl. What has no Facts is told by [LeftOut].
func Defaults() []Ignore {
	return slices.Clone(defaults())
}

var defaults = sync.OnceValue(func() []Ignore {
	src, diags := read(builtin, "builtin/defaults.hcl")
	if diags.HasErrors() {
		panic(diags) // it is part of the program
	}
	var groups []Ignore
	for _, b := range src.blocksOf("group") {
		group := Ignore{Builtin: b.Labels[0], Range: b.DefRange()}
		d := newDecoder(src, nil, stepsToLoad)
		d.block(b,
			required("reason", d.text(&group.Reason)),
			attr("names", d.strings(&group.Names)),
			attr("facts", func(a *hclsyntax.Attribute) {
				for _, item := range a.Expr.(*hclsyntax.TupleConsExpr).Exprs {
					group.Facts = append(group.Facts, drift.NewPattern(addressOf(item.(*hclsyntax.ScopeTraversalExpr).Traversal)))
				}
			}),
		)
		if d.diags.HasErrors() {
			panic(d.diags)
		}
		groups = append(groups, group)
	}
	return groups
})

// leftOut are the groups of the defaults that patterns cannot tell.
var leftOut = []struct {
	group string
	holds func(h *drift.Host, s *drift.Section, f drift.Fact) bool
}{
	{"digests", isDigest},
	{"kernel-packages", isKernelPackage},
	{"own-addresses", isOwnAddress},
	{"removed-packages", isRemoved},
	{"unmerged-updates", func(_ *drift.Host, s *drift.Section, _ drift.Fact) bool { return Unmerged(s) && !readWhole(s.Scope) }},
	{"uuids", isDisk},
}

// LeftOut returns the group of the built-in defaults that leaves out a fact of a host's section by what its Facts cannot
// tell; "" for none.
func LeftOut(h *drift.Host, s *drift.Section, f drift.Fact) string {
	if group := leftOutByName(s); group != "" {
		return group
	}
	for _, l := range leftOut {
		if l.holds(h, s, f) {
			return l.group
		}
	}
	return ""
}

// leftOutByName returns the group that leaves out a file by its name.
func leftOutByName(s *drift.Section) string {
	if s.Collector != "file" || s.Question {
		return ""
	}
	for _, group := range defaults() {
		for _, name := range group.Names {
			if strings.HasSuffix(s.Scope, name[1:]) && !readWhole(s.Scope) {
				return group.Builtin
			}
		}
	}
	return ""
}

// wholeFolders are those in which a file counts whatever it is called, in some distribution or as somebody has set it up:
// nginx includes sites-enabled/*, ifupdown interfaces.d/*, FreeRADIUS all of its *-enabled, cronie runs and reads *.bak.
var wholeFolders = regexp.MustCompile(`/([^/]*-enabled|[^/]*\.d|cron\.(hourly|daily|weekly|monthly))/`)

// choosyFolders are those among them whose reader takes only some endings, or refuses those of left-overs, wherever it
// runs: sudoers(5), apt.conf(5) and sources.list(5), systemd.unit(5), sysctl.d(5), modprobe.d(5), udev(7).
var choosyFolders = regexp.MustCompile(`/(sudoers\.d|apt/[a-z.]+\.d|systemd/.*\.d|sysctl\.d|tmpfiles\.d|sysusers\.d|modules-load\.d|modprobe\.d|udev/(rules|hwdb)\.d)/[^/]*$`)

// readWhole reports whether a file is in a folder, or below one, of which a program may read every file.
func readWhole(path string) bool {
	return wholeFolders.MatchString(path) && !choosyFolders.MatchString(path)
}

// isDigest reports whether a fact is the size or digest of a file whose settings are known in full.
func isDigest(_ *drift.Host, s *drift.Section, f drift.Fact) bool {
	if s.Collector != "file" {
		return false
	}
	at := s.Address()
	if f.Address != at.Attr("size") && f.Address != at.Attr("sha256") {
		return false
	}
	_, parsed := s.Find(at.Attr("format"))
	entries, unread := s.Find(at.Attr("entries"))
	return parsed && !(unread && entries.Value.Kind == drift.Unknown)
}

// kernelPackage is the name of a Debian package of one version of the kernel.
var kernelPackage = regexp.MustCompile(`^linux-[a-z-]+-\d+\.\d+`)

func isKernelPackage(_ *drift.Host, s *drift.Section, f drift.Fact) bool {
	return s.Collector == "deb" && kernelPackage.MatchString(firstKey(f.Address))
}

// isRemoved reports whether a fact is of a package that was removed.
func isRemoved(_ *drift.Host, s *drift.Section, f drift.Fact) bool {
	if s.Collector != "deb" {
		return false
	}
	status, ok := s.Find(drift.Address("deb").Key(firstKey(f.Address)).Attr("status"))
	return ok && status.Value.Equal(drift.String("config-files"))
}

// firstKey returns the first key of an address: of deb["x"].version, x.
func firstKey(a drift.Address) string {
	if steps := a.Steps(); len(steps) > 1 && steps[1].IsKey {
		return steps[1].Text
	}
	return ""
}

// isOwnAddress reports whether a fact is a line of hosts(5) that gives an address of the host no names but its own.
func isOwnAddress(h *drift.Host, s *drift.Section, f drift.Fact) bool {
	if s.Collector != "file" || s.Scope != "/etc/hosts" {
		return false
	}
	fact := func(attr string) []string { return texts(h.Lookup(drift.Address("os").Attr(attr))) }
	steps := f.Address.Steps()
	if !slices.Contains(fact("addresses"), steps[len(steps)-1].Text) {
		return false
	}
	own := append(fact("hostname"), fact("fqdn")...)
	names := texts(f.Value)
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(own, name) })
}

// texts returns a string, or the strings of a list, that are known; nil for anything else.
func texts(v drift.Value) []string {
	if text, ok := v.AsString(); ok {
		return []string{text}
	}
	var list []string
	if v.Kind != drift.Known || json.Unmarshal([]byte(v.Text), &list) != nil {
		return nil
	}
	return list
}

// Unmerged reports whether a section is a file that an update left for somebody to merge.
func Unmerged(s *drift.Section) bool {
	return s.Collector == "file" && s.Status == drift.OK && !s.Question && slices.ContainsFunc([]string{".dpkg-dist", ".dpkg-new", ".ucf-dist", ".ucf-new", ".rpmnew"}, func(suffix string) bool {
		return strings.HasSuffix(s.Scope, suffix)
	})
}

var uuid = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|UUID=`)

// isDisk reports whether a fact stands under a key that names a disk.
func isDisk(_ *drift.Host, s *drift.Section, f drift.Fact) bool {
	return s.Collector == "file" && drift.NamesDisks(s.Scope) && uuid.MatchString(string(f.Address))
}
