package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
)

// notReplaced warns of variables and of hosts' names that stand for nothing in what is compared, with the block that lets
// them differ. It is silent of those for which there is such a block.
func (p *Policy) notReplaced() hcl.Diagnostics {
	var diags hcl.Diagnostics
	warn := func(at hcl.Range, summary, detail string) {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: detail, Subject: &at})
	}
	said := map[string]bool{}
	for _, e := range p.Environments {
		for _, name := range slices.Sorted(maps.Keys(e.Vars)) {
			if said[name] || drift.Replaceable(e.Vars[name]) {
				continue
			}
			said[name] = true
			if values := p.valuesOf(name); !p.lets(values) {
				warn(e.Range, "Variable is not replaced", fmt.Sprintf("The variable %q of %q is %q. %s\n\n%s", name, e.Name, e.Vars[name], whyNotReplaced, p.differBlock(name, values)))
			}
		}
		for _, role := range e.Roles {
			short := notReplaceable(role.Hosts)
			if said["role "+role.Name] || len(short) == 0 {
				continue
			}
			said["role "+role.Name] = true
			if values, each := p.nameOf(role.Name); !each {
				warn(role.Range, "Host name is not replaced", fmt.Sprintf("The role %q of %q has %s. %s\n\n%s", role.Name, e.Name, hostsNamed(short), whyNotReplaced, ignoreBlock))
			} else if !p.lets(values) {
				warn(role.Range, "Host name is not replaced", fmt.Sprintf("The role %q of %q has %s. %s\n\n%s", role.Name, e.Name, hostsNamed(short), whyNotReplaced, p.differBlock("name", values)))
			}
		}
	}
	return diags
}

const whyNotReplaced = "A value under 4 characters, a number, true, false and null are in many settings by chance, so gate compares " +
	"them as they are. If a setting is meant to differ, add this to compare, with the setting's address:"

// ignoreBlock is for hosts that have names of their own in one environment: no differ block can say what each must have.
const ignoreBlock = `ignore {
  facts  = [file["/path/to/file"].entries["name"]]
  reason = "each host has its own name there"
}`

// differBlock returns the differ block that lets a setting have a value of its own in each environment.
func (p *Policy) differBlock(key string, values map[string]string) string {
	text := func(s string) string { return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) }
	var b strings.Builder
	fmt.Fprintf(&b, "differ {\nfact = file[\"/path/to/file\"].entries[%s]\nvalues = {\n", text(key))
	bare := false
	for _, e := range p.Environments {
		if value, ok := values[e.Name]; ok {
			name := e.Name
			if !hclsyntax.ValidIdentifier(name) || name == "for" {
				name = text(name)
			}
			fmt.Fprintf(&b, "%s = %s\n", name, text(value))
			bare = bare || json.Valid([]byte(value))
		}
	}
	b.WriteString("}\n}")
	note := ""
	if bare {
		note = "\n\nFor YAML, JSON and TOML, write a number, true, false and null without quotes."
	}
	return string(Format([]byte(b.String()))) + note
}

// valuesOf returns what environments have for a variable.
func (p *Policy) valuesOf(name string) map[string]string {
	values := map[string]string{}
	for _, e := range p.Environments {
		if value, ok := e.Vars[name]; ok {
			values[e.Name] = value
		}
	}
	return values
}

// nameOf returns what each environment calls its host of a role, and whether none of them has more than one.
func (p *Policy) nameOf(role string) (names map[string]string, each bool) {
	names, each = map[string]string{}, true
	for _, e := range p.Environments {
		if r := e.Role(role); r != nil {
			names[e.Name] = bareName(r.Hosts[0])
			each = each && len(r.Hosts) == 1
		}
	}
	return names, each
}

// lets reports whether a differ block has these values, as texts or as what else is written so.
func (p *Policy) lets(values map[string]string) bool {
	return slices.ContainsFunc(p.Compare.Differs, func(x Differ) bool {
		for environment, value := range values {
			if v, ok := x.Values[environment]; !ok || v.Text != value && v != drift.String(value) {
				return false
			}
		}
		return true
	})
}

// notReplaceable returns the names of hosts that are replaced nowhere; their addresses are something else.
func notReplaceable(hosts []string) []string {
	var short []string
	for _, host := range hosts {
		name := bareName(host)
		if _, noAddress := netip.ParseAddr(strings.Trim(name, "[]")); noAddress != nil && !drift.Replaceable(name) {
			short = append(short, name)
		}
	}
	return short
}

// bareName returns the name of a host without its port.
func bareName(address string) string {
	name := HostName(address)
	if host, port, ok := strings.Cut(name, ":"); ok && !strings.Contains(port, ":") {
		return host
	}
	return name
}

// hostsNamed lists names of hosts: three, and how many more.
func hostsNamed(names []string) string {
	quoted := make([]string, 0, len(names))
	for _, name := range names {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	const most = 3
	switch n := len(quoted); {
	case n == 1:
		return "the host " + quoted[0]
	case n <= most:
		return "the hosts " + strings.Join(quoted[:n-1], ", ") + " and " + quoted[n-1]
	default:
		return fmt.Sprintf("the hosts %s and %d more", strings.Join(quoted[:most], ", "), n-most)
	}
}
