package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Environment is an environment block: a named stage, and the hosts that it has.
type Environment struct {
	Name      string
	Vars      map[string]string // what this environment calls its domain, its database
	SSH       SSH
	Roles     []Role
	Promotion Promotion
	Range     hcl.Range
}

// Role returns the role of a name, nil where there is none.
func (e *Environment) Role(name string) *Role {
	for i := range e.Roles {
		if e.Roles[i].Name == name {
			return &e.Roles[i]
		}
	}
	return nil
}

// Role is a role block: hosts of an environment that should be alike.
type Role struct {
	Name     string
	Hosts    []string // as they are given to ssh: "deploy@production-1", "host", "user@host:port", "ssh://user@host:port"
	MinHosts int      // how many of them must have been read; 1 or more
	SSH      SSH      // the environment's settings, with the role's own over them
	Range    hcl.Range
}

// HostName returns the name of a host in reports and waivers: its address without the user.
func HostName(address string) string {
	address = strings.TrimPrefix(address, "ssh://")
	return strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], "/")
}

func (d *decoder) environment(b *hclsyntax.Block) *Environment {
	e := &Environment{Name: b.Labels[0], Range: b.DefRange()}
	d.block(b,
		attr("vars", d.variables(&e.Vars)),
		one("ssh", func(b *hclsyntax.Block) { e.SSH = d.ssh(b, SSH{}) }),
		named("role", func(b *hclsyntax.Block) { e.Roles = append(e.Roles, d.role(b, e.SSH)) }),
		one("promotion", func(b *hclsyntax.Block) { e.Promotion = d.promotion(b) }),
	)
	if !slices.ContainsFunc(b.Body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == "role" }) {
		d.error(b.DefRange(), "No hosts", "The environment %q has no role, so it has no hosts. Write: role \"web\" { hosts = [\"user@host\"] }", e.Name)
	}
	return e
}

// variables reads vars: they have names that can stand behind "vars.", and values.
func (d *decoder) variables(to *map[string]string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		*to = d.texts(a)
		for _, name := range slices.Sorted(maps.Keys(*to)) {
			if !hclsyntax.ValidIdentifier(name) {
				d.error(keyRange(a.Expr, name), "Bad name", "%q cannot be the name of a variable: it begins with a letter and has letters, digits, _ and - only.", name)
			}
			if strings.TrimSpace((*to)[name]) == "" {
				d.error(keyRange(a.Expr, name), "Empty value", "The variable %q is empty: it would stand for nothing. Leave it out.", name)
			}
		}
	}
}

func (d *decoder) role(b *hclsyntax.Block, over SSH) Role {
	r := Role{Name: b.Labels[0], MinHosts: 1, SSH: over, Range: b.DefRange()}
	d.block(b,
		required("hosts", d.hostList(&r.Hosts)),
		attr("min_hosts", d.number(&r.MinHosts, 1)),
		one("ssh", func(b *hclsyntax.Block) { r.SSH = d.ssh(b, over) }),
	)
	if a := b.Body.Attributes["min_hosts"]; a != nil && len(r.Hosts) > 0 && r.MinHosts > len(r.Hosts) {
		d.error(a.Expr.Range(), "Too few hosts", "min_hosts is %d, and the role has %s.", r.MinHosts, count(len(r.Hosts), "host"))
	}
	return r
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// hostList reads the hosts of a role. Two with one name could not be told apart in a report.
func (d *decoder) hostList(to *[]string) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		list := d.list(a.Expr)
		if list != nil && len(list) == 0 {
			d.error(a.Expr.Range(), "No hosts", "The role has no hosts, and nothing can be said of none: name at least one.")
		}
		seen := map[string]bool{}
		for _, w := range list {
			name := HostName(w.text)
			switch problem := hostProblem(w.text); {
			case problem != "":
				d.error(w.at, "Bad host", "%q %s: write \"host\" or \"user@host\".", w.text, problem)
			case seen[name]:
				d.error(w.at, "Duplicate host", "The host %q stands in this role twice.", name)
			default:
				*to = append(*to, w.text)
			}
			seen[name] = true
		}
	}
}

// hostProblem says why a host cannot be given to ssh: it could be taken for an option, or for more than one word.
func hostProblem(host string) string {
	name := HostName(host)
	user := strings.TrimPrefix(host[:max(0, strings.LastIndexByte(host, '@'))], "ssh://")
	switch {
	case name == "":
		return "has no name"
	case strings.HasPrefix(host, "-"), strings.HasPrefix(name, "-"):
		return "begins with \"-\""
	case strings.Contains(user, ":"):
		return "has a password in it, or what no user's name has"
	case strings.HasPrefix(host, "@"):
		return "has no user before \"@\""
	case strings.ContainsFunc(host, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return "has a space in it"
	case strings.ContainsAny(name, "/\\'\"`$;&<>|(){}*?,"):
		return "has a character that no host has"
	}
	return ""
}

// checkEnvironments reports what is wrong between environments. A host is the same one whoever logs in, and with whatever
// keys and limits.
func (d *decoder) checkEnvironments(environments []*Environment) {
	d.checkCycles(environments)
	type target struct {
		name, hostname, jump, alias, config, root string
		port                                      int
	}
	seen := map[target]*Environment{}
	for _, e := range environments {
		for _, r := range e.Roles {
			for _, host := range r.Hosts {
				key := target{strings.ToLower(HostName(host)), r.SSH.Hostname, r.SSH.ProxyJump, r.SSH.HostKeyAlias, r.SSH.Config, r.SSH.Root, r.SSH.Port}
				if other := seen[key]; other != nil && other != e {
					d.error(r.Range, "One host, two environments", "%q is a host of %q too, at %s: compared with itself it is always alike.", host, other.Name, place(other.Range))
				}
				seen[key] = e
			}
		}
	}
}

// environmentNames reads a list of names of environments.
func (d *decoder) environmentNames(to *[]string) func(*hclsyntax.Attribute) {
	return d.names(to, "environment", d.environments)
}

// roleNames reads a list of names of roles.
func (d *decoder) roleNames(to *[]string) func(*hclsyntax.Attribute) {
	return d.names(to, "role", d.roles)
}
