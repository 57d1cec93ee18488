package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// stage is an environment as it is given to gate init.
type stage struct {
	name   string
	hosts  []stageHost
	source string // where the hosts come from, "" for the command line
	group  string // the group of an inventory
}

// stageHost is a host of it, and what was found there.
type stageHost struct {
	dest   string // as it is given to ssh
	name   string // what an inventory calls it, where that is something else
	id     drift.HostID
	system string
	found  collect.Discovery
	err    error // why it could not be read
}

// stage reads an argument: ENV=HOST,HOST or ENV=ansible:INVENTORY:GROUP.
func (a *app) stage(arg string) (stage, error) {
	name, hosts, ok := strings.Cut(arg, "=")
	if !ok || name == "" || hosts == "" {
		return stage{}, &exitError{code: exitUsage, err: fmt.Errorf("%q is not ENV=HOST", arg), hint: "as in: gate init staging=deploy@staging-1 production=deploy@production-1"}
	}
	s := stage{name: name}
	if inventory, ok := strings.CutPrefix(hosts, "ansible:"); ok {
		return s, a.fromInventory(&s, inventory)
	}
	for dest := range strings.SplitSeq(hosts, ",") {
		s.hosts = append(s.hosts, stageHost{dest: dest})
	}
	return s, nil
}

// fromInventory takes the hosts of an Ansible inventory PATH, or of a group PATH:GROUP.
func (a *app) fromInventory(s *stage, inventory string) error {
	path, group := inventory, "all"
	if i := strings.LastIndexByte(inventory, ':'); i >= 0 {
		path, group = inventory[:i], inventory[i+1:]
		s.group = group
	}
	text, err := readInventoryFile(path)
	if err != nil {
		return &exitError{code: exitUsage, err: err, hint: "name the hosts themselves: gate init " + s.name + "=user@host,user@host"}
	}
	parsed, err := parseInventory(text)
	if err != nil {
		return usage("%s: %w", path, err)
	}
	hosts, err := parsed.inGroup(group)
	if err != nil {
		return usage("%s: %w", path, err)
	}
	s.source = path
	unused := map[string]bool{}
	for _, h := range hosts {
		dest, err := h.destination()
		if err != nil {
			return usage("%s: %w", path, err)
		}
		s.hosts = append(s.hosts, stageHost{dest: dest, name: h.name})
		for _, name := range []string{"ansible_ssh_common_args", "ansible_ssh_extra_args", "ansible_ssh_private_key_file", "ansible_ssh_pass", "ansible_password"} {
			if h.variables()[name] != "" {
				unused[name] = true
			}
		}
	}
	if len(unused) > 0 {
		a.warn(fmt.Sprintf("%s: %s are not taken over; say them in ~/.ssh/config, or in an ssh block", path, strings.Join(slices.Sorted(maps.Keys(unused)), ", ")))
	}
	for _, folder := range []string{"group_vars", "host_vars"} {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), folder)); err == nil {
			a.warn(fmt.Sprintf("%s: the variables in %s are not read: if they name addresses or users, say these in ~/.ssh/config", path, folder))
		}
	}
	return nil
}

// readInventoryFile reads an inventory, and refuses what is none in INI form.
func readInventoryFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", fmt.Errorf("%s is a folder; name one inventory in it", path)
	}
	data, err := readAtMost(path, maxInventoryFile)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if kind := inventoryKind(path, text); kind != "" {
		return "", fmt.Errorf("%s is %s; only inventories in INI form are read", path, kind)
	}
	return text, nil
}

// inventoryKind says what an inventory is if it is not in INI form.
func inventoryKind(path, text string) string {
	first := ""
	for line := range strings.Lines(text) {
		first = strings.TrimSpace(line)
		if first != "" && first[0] != '#' && first[0] != ';' {
			break
		}
	}
	switch extension := strings.ToLower(filepath.Ext(path)); {
	case extension == ".yml" || extension == ".yaml" || first == "---" || strings.HasPrefix(first, "all:"):
		return "a YAML inventory"
	case extension == ".json" || strings.HasPrefix(first, "{"):
		return "a JSON inventory"
	case strings.HasPrefix(text, "#!"):
		return "a program that makes an inventory"
	}
	return ""
}
