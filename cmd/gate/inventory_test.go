package main

import (
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

var inventoryTests = []struct {
	name, text, group string
	want              []string // destinations
	problem           string   // what the error has in it
}{
	{name: "hosts", text: "[web]\nweb1\nweb2 ansible_user=deploy\n", group: "web", want: []string{"web1", "deploy@web2"}},
	{name: "address and port", text: "[web]\nweb1 ansible_host=10.0.0.5 ansible_port=2222 ansible_user=deploy\n", group: "web", want: []string{"deploy@10.0.0.5:2222"}},
	{name: "old names", text: "[web]\nweb1 ansible_ssh_host=10.0.0.5 ansible_ssh_port=2222 ansible_ssh_user=deploy\n", group: "web", want: []string{"deploy@10.0.0.5:2222"}},
	{name: "the usual port", text: "web1:22\n", group: "all", want: []string{"web1"}},
	{name: "port behind the host", text: "web1:2222\nweb2 ansible_port=2022\n", group: "all", want: []string{"web1:2222", "web2:2022"}},
	{name: "IPv6", text: "[2001:db8::1]:2222\n2001:db8::2\na ansible_host=::1 ansible_port=23\n", group: "all", want: []string{"[2001:db8::1]:2222", "2001:db8::2", "[::1]:23"}},
	{name: "numbers", text: "[web]\nweb[1:3]\n", group: "web", want: []string{"web1", "web2", "web3"}},
	{name: "zeros and steps", text: "[web]\nweb[01:10:2].example.com\n", group: "web", want: []string{"web01.example.com", "web03.example.com", "web05.example.com", "web07.example.com", "web09.example.com"}},
	{name: "letters", text: "db-[a:c]:2022\n", group: "all", want: []string{"db-a:2022", "db-b:2022", "db-c:2022"}},
	{name: "two ranges", text: "r[1:2]n[a:b]\n", group: "all", want: []string{"r1na", "r1nb", "r2na", "r2nb"}},
	{name: "no begin", text: "web[:2]\n", group: "all", want: []string{"web0", "web1", "web2"}},
	{name: "comments", text: "# one\n; two\n[web] # three\nweb1 # four\nweb2 ansible_user=deploy # five\n\n", group: "web", want: []string{"web1", "deploy@web2"}},
	{name: "quotes", text: "[web]\nweb1 ansible_user=\"deploy\"\nweb2 ansible_user='de'\"ploy\"\n[web:vars]\nansible_port=\"2222\"\n", group: "web", want: []string{"deploy@web1:2222", "deploy@web2:2222"}},
	{name: "a comment behind a literal", text: "[web]\nweb1\n[web:vars]\nansible_user='deploy' # him\nansible_port = 2222 # there\n", group: "web", want: []string{"deploy@web1:2222"}},
	{name: "variables of groups", text: "[all:vars]\nansible_user=root\nansible_port=22\n[web]\nweb1\nweb2 ansible_user=own\n[db]\ndb1\n[site:children]\nweb\ndb\n[site:vars]\nansible_user=site\n[web:vars]\nansible_user=web\n",
		group: "all", want: []string{"web@web1", "own@web2", "site@db1"}},
	{name: "alphabet", text: "[b]\nh\n[a]\nh\n[a:vars]\nansible_user=a\n[b:vars]\nansible_user=b\n", group: "all", want: []string{"b@h"}},
	{name: "priority", text: "[b]\nh\n[a]\nh\n[a:vars]\nansible_user=a\nansible_group_priority=5\n[b:vars]\nansible_user=b\n", group: "all", want: []string{"a@h"}},
	{name: "children before they are there", text: "[site:children]\nweb\n[web]\nweb1\n", group: "site", want: []string{"web1"}},
	{name: "depth", text: "[top:children]\nmiddle\nzz\n[middle:children]\nzz\n[zz]\nh\n[middle:vars]\nansible_user=middle\n[top:vars]\nansible_user=top\n", group: "top", want: []string{"middle@h"}},
	{name: "twice", text: "[a]\nh ansible_user=one\n[b]\nh ansible_port=23\n", group: "b", want: []string{"one@h:23"}},
	{name: "ungrouped", text: "lone\n[web]\nweb1\n", group: "ungrouped", want: []string{"lone"}},
	{name: "hash in a word", text: "web1 ansible_user=deploy#er\n", group: "all", want: []string{"deploy@web1"}},
	{name: "line ends", text: "[web]\r\nweb1\r\nweb2\r\n", group: "web", want: []string{"web1", "web2"}},

	{name: "no such group", text: "[web]\nweb1\n", group: "wbe", problem: `no group "wbe"; there are all, ungrouped, web`},
	{name: "empty group", text: "[web]\n[db]\ndb1\n", group: "web", problem: "has no hosts"},
	{name: "undeclared child", text: "[site:children]\nweb\n", group: "site", problem: `line 2: there is no group "web"`},
	{name: "undeclared variables", text: "[web:vars]\na=b\n", group: "all", problem: `line 1: there is no group "web"`},
	{name: "unknown section", text: "[web:host]\n", group: "all", problem: "line 1: [web:host] is no kind of section"},
	{name: "spaces in a section", text: "[web hosts]\n", group: "all", problem: "line 1: [web hosts] is no section"},
	{name: "no value", text: "web1 deploy\n", group: "all", problem: `line 1: expected key=value behind the host, got "deploy"`},
	{name: "no variable", text: "[all:vars]\nansible_user\n", group: "all", problem: "line 2: expected key=value"},
	{name: "no child", text: "[all:children]\nweb and db\n", group: "all", problem: "line 2: expected the name of a group"},
	{name: "open quote", text: "web1 ansible_user='deploy\n", group: "all", problem: "line 1: a ' is not closed"},
	{name: "a ring", text: "[a:children]\nb\n[b:children]\na\n", group: "a", problem: "is below itself"},
	{name: "no end", text: "web[1:]\n", group: "all", problem: "line 1: the range [1:]"},
	{name: "backwards", text: "web[3:1]\n", group: "all", problem: "the end is before the begin"},
	{name: "letters backwards", text: "web[c:a]\n", group: "all", problem: "the end is before the begin"},
	{name: "lengths", text: "web[01:100]\n", group: "all", problem: "not the same length"},
	{name: "no step", text: "web[1:3:0]\n", group: "all", problem: "the step"},
	{name: "an open range", text: "web[1:3\n", group: "all", problem: "no \"]\""},
	{name: "the greatest number", text: "web[9223372036854775806:9223372036854775807:9223372036854775807]\n", group: "all", problem: "from a number to a number"},
	{name: "too many", text: "web[1:9999999]\n", group: "all", problem: "more than 10000 hosts"},
	{name: "too many in two", text: "web[1:200][1:200]\n", group: "all", problem: "more than 10000 hosts"},
	{name: "no port", text: "web1:\n", group: "all", problem: "no port is behind it"},
	{name: "YAML", text: "---\nall:\n", group: "all", problem: "YAML"},
	{name: "a template", text: "web1 ansible_host={{ip}}\n", group: "all", problem: "which only Ansible can fill in"},
	{name: "not SSH", text: "web1 ansible_connection=local\n", group: "all", problem: `its ansible_connection is "local"`},
}

func TestInventory(t *testing.T) {
	for _, test := range inventoryTests {
		t.Run(test.name, func(t *testing.T) {
			got, err := destinations(test.text, test.group)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("got %q and the error %v, want an error with %q", got, err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error("destinations (-want +got):\n" + diff)
			}
		})
	}
}

func destinations(text, group string) ([]string, error) {
	inv, err := parseInventory(text)
	if err != nil {
		return nil, err
	}
	hosts, err := inv.inGroup(group)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, h := range hosts {
		d, err := h.destination()
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// inventoryReference reads inventories with Ansible's own plugin. It reads a JSON list of texts, and prints for each the
// hosts of each group with the three variables, or null where Ansible refuses it.
const inventoryReference = `
import json, os, sys, tempfile
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.inventory.data import InventoryData
from ansible.vars.manager import VariableManager
from ansible.utils.vars import combine_vars
from ansible.inventory.helpers import get_group_vars

def read(text):
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as f:
        f.write(text)
        f.flush()
        data, plugin = InventoryData(), inventory_loader.get("ini")
        try:
            plugin.parse(data, DataLoader(), f.name)
            data.reconcile_inventory()
        except Exception as e:
            return None
    out = {}
    for name, group in data.groups.items():
        out[name] = {}
        for host in group.get_hosts():
            v = combine_vars(get_group_vars(host.get_groups()), host.get_vars())
            out[name][host.name] = {k: str(v[k]) for k in ("ansible_host", "ansible_port", "ansible_user") if k in v}
    return out

json.dump([read(t) for t in json.load(sys.stdin)], sys.stdout)
`

type inventoryReading map[string]map[string]map[string]string // group, host, variable

// TestInventoryReference compares with what Ansible reads.
func TestInventoryReference(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	python := drifttest.Python(t, "ansible")
	var texts []string
	for _, test := range inventoryTests {
		if !strings.HasPrefix(test.name, "too many") {
			texts = append(texts, test.text)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range drifttest.Times(700, 1500) {
		texts = append(texts, randomInventory(random))
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", inventoryReference)
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []inventoryReading
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	read := 0
	for i, text := range texts {
		got, err := readInventory(text)
		switch {
		case err != nil && want[i] == nil:
		case err != nil:
			if !stricter(err) {
				t.Errorf("inventory:\n%s\nerror %v, and Ansible takes it", text, err)
			}
		case want[i] == nil:
			t.Errorf("inventory:\n%s\nis taken, and Ansible refuses it", text)
		default:
			read++
			if diff := cmp.Diff(want[i], got); diff != "" {
				t.Errorf("inventory:\n%s\n(-Ansible +gate):\n%s", text, diff)
			}
		}
	}
	if read < drifttest.Times(100, 300) {
		t.Errorf("only %d inventories were compared", read)
	}
}

// stricter reports whether an error is about what Ansible takes and gate does not: ranges of no or of too many hosts, or of numbers that are too long.
func stricter(err error) bool {
	return slices.ContainsFunc([]string{"the end is before", "more than", "from a number"}, func(s string) bool { return strings.Contains(err.Error(), s) })
}

// readInventory reads an inventory into the form of the reference.
func readInventory(text string) (inventoryReading, error) {
	inv, err := parseInventory(text)
	if err != nil {
		return nil, err
	}
	reading := inventoryReading{}
	for name, group := range inv.groups {
		reading[name] = map[string]map[string]string{}
		for _, h := range inv.hosts {
			if !h.below(group) {
				continue
			}
			vars := map[string]string{}
			for _, key := range []string{"ansible_host", "ansible_port", "ansible_user"} {
				if v, ok := h.variables()[key]; ok {
					vars[key] = v
				}
			}
			reading[name][h.name] = vars
		}
	}
	return reading, nil
}

// randomInventory makes lines of what inventories have in them, not always in their place.
func randomInventory(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	value := func() string {
		return pick("deploy", "root", "22", "2222", `"quoted"`, "'single'", `"it's"`, "10.0.0."+strconv.Itoa(r.IntN(9)), "0x16", "007", "a#b", `back\\slash`, "-5", "")
	}
	key := func() string { return pick("ansible_user", "ansible_host", "ansible_port", "other") }
	group := func() string { return pick("web", "db", "site", "all", "a") }
	var b strings.Builder
	for range 1 + r.IntN(9) {
		switch r.IntN(12) {
		case 0, 1:
			b.WriteString("[" + group() + "]" + pick("", "", " # comment") + "\n")
		case 2:
			b.WriteString("[" + group() + ":vars]\n" + key() + pick("=", " = ") + value() + pick("", " # comment") + "\n")
		case 3:
			b.WriteString("[" + group() + ":children]\n" + group() + "\n")
		case 4:
			b.WriteString(pick("# comment", "; comment", "", "   ") + "\n")
		case 5:
			b.WriteString(pick("x", "x-", "_", "") + "[" + pick("1:3", "01:03", "a:c", "0:4:2", ":2", "1:", "z:a", "1:2:3:4", "01:3") + "]" + pick("", ".y", ":22", "[1:2]", "-") + "\n")
		default:
			b.WriteString(pick("h1", "h2", "h3", "h4:2022", "[::1]:22", "fe80::1", "h5.example.com", "h_6", "-h7"))
			for range r.IntN(3) {
				b.WriteString(pick(" ", "\t", "  ") + key() + "=" + value())
			}
			b.WriteString(pick("", "", " # comment", " junk", " 'open") + "\n")
		}
	}
	return b.String()
}

func FuzzInventory(f *testing.F) {
	for _, test := range inventoryTests {
		f.Add(test.text, test.group)
	}
	f.Fuzz(func(t *testing.T, text, group string) {
		list, err := destinations(text, group)
		if err == nil && len(list) == 0 {
			t.Error("neither hosts nor an error")
		}
	})
}
