package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// explainDefaults lists what the built-in defaults leave out of every comparison.
func (a *app) explainDefaults() error {
	_, err := a.out.Write(defaultsText(policies.Defaults()))
	return err
}

// defaultsText lists groups, and then by folder what they leave out of folders below /etc, which are a service's own.
func defaultsText(groups []policies.Ignore) []byte {
	var out bytes.Buffer
	out.WriteString("What every comparison leaves out, unless the policy says compare { defaults = false }:\n")
	own := map[string][]string{}
	for _, group := range groups {
		fmt.Fprintf(&out, "\n%s: %s\n", group.Builtin, group.Reason)
		if len(group.Names) > 0 {
			fmt.Fprintf(&out, "  files called %s\n", strings.Join(group.Names, " "))
		}
		for _, p := range group.Facts {
			fmt.Fprintf(&out, "  %s\n", p.Address())
			if folder, name, ok := belowEtc(p.Address()); ok {
				own[folder] = append(own[folder], name)
			}
		}
	}
	out.WriteString("\nFile names such as *~ and *.bak are compared in folders whose program may read every file: conf.d, *.d,\n" +
		"*-enabled and cron.daily. They are left out in sudoers.d and in the folders of apt, systemd, sysctl, modprobe and\n" +
		"udev, whose readers skip them.\n\nIn a service's own folder, these are left out:\n")
	for _, folder := range slices.Sorted(maps.Keys(own)) {
		fmt.Fprintf(&out, "  %s: %s\n", folder, strings.Join(own[folder], ", "))
	}
	return out.Bytes()
}

// belowEtc returns the folder of /etc that a file is in, and its path there; false for any other fact.
func belowEtc(a drift.Address) (folder, name string, ok bool) {
	steps := a.Steps()
	if steps[0].Text != "file" {
		return "", "", false
	}
	rest, below := strings.CutPrefix(steps[1].Text, "/etc/")
	folder, name, ok = strings.Cut(rest, "/")
	return "/etc/" + folder, name, below && ok
}
