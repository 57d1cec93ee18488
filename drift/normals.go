package drift

import (
	"slices"
	"strings"
)

// normals normalises the values of hosts. Most values hold no name of a host's own, and are the same normalised on all hosts
// of an environment; a host is looked at by itself only for values that hold its name or address.
type normals struct {
	vars          *Vars
	hosts         []*Host
	normalisers   map[int]*Normaliser    // of hosts by themselves, when they are needed
	environment   string                 // of all hosts, "" where they have several
	ofEnvironment map[string]*Normaliser // see shared
	own           map[string]int         // by a name or an address: the last of owners whose it is
	owners        []owner
	sizes         []int    // the lengths of these names
	foreign       []string // what is another environment's to some of the hosts
}

// owner is a host that has a name of its own.
type owner struct {
	host  int
	other int // the index of another owner of the same name, -1 for none
}

func newNormals(vars *Vars, hosts []*Host) *normals {
	n := &normals{vars: vars, hosts: hosts, normalisers: map[int]*Normaliser{}, ofEnvironment: map[string]*Normaliser{}}
	const each = 3 // names of their own that hosts have, mostly
	n.own, n.owners = make(map[string]int, each*len(hosts)), make([]owner, 0, each*len(hosts))
	environments := map[string]bool{}
	for _, h := range hosts {
		environments[h.ID.Environment] = true
	}
	for environment := range environments {
		n.environment = environment
	}
	if len(environments) > 1 {
		n.environment = ""
	}
	for _, t := range vars.tokens {
		for environment := range environments {
			if _, own := t.names[environment]; !own && t.place {
				n.foreign = append(n.foreign, t.text)
			}
		}
	}
	return n
}

// suspect reports whether a value may hold a variable of another environment on some host.
func (n *normals) suspect(v Value) bool {
	switch v.Kind {
	case Sealed:
		return v.Foreign != ""
	case Known:
		return slices.ContainsFunc(n.foreign, func(text string) bool { return strings.Contains(v.Text, text) })
	}
	return false
}

// For returns the normaliser of a host.
func (n *normals) For(i int) *Normaliser {
	if n.normalisers[i] == nil {
		n.normalisers[i] = n.vars.For(n.hosts[i])
	}
	return n.normalisers[i]
}

// of returns what the text of a value at an address normalises to, with the hosts on which it does.
func (n *normals) of(a Address, text string, hosts []int) map[string][]int {
	if !isSetting(a) {
		return map[string][]int{text: hosts}
	}
	named := n.named(text)
	if len(named) == 0 && n.environment != "" {
		normal, _ := n.shared(n.environment).Apply(a, text)
		return map[string][]int{normal: hosts}
	}
	own := map[int]bool{}
	for _, i := range named {
		own[i] = true
	}
	shared := map[string]string{} // by environment
	normals := map[string][]int{}
	for _, i := range hosts {
		environment := n.hosts[i].ID.Environment
		normal, ok := shared[environment]
		switch {
		case own[i]:
			normal, _ = n.For(i).Apply(a, text)
		case !ok:
			normal, _ = n.shared(environment).Apply(a, text)
			shared[environment] = normal
		}
		normals[normal] = append(normals[normal], i)
	}
	return normals
}

// shared returns the normaliser of hosts of an environment for what holds none of their own names.
func (n *normals) shared(environment string) *Normaliser {
	if n.ofEnvironment[environment] == nil {
		n.ofEnvironment[environment] = newNormaliser(environment, n.vars.tokens)
	}
	return n.ofEnvironment[environment]
}

// named returns the hosts whose names or addresses a text may hold.
func (n *normals) named(text string) []int {
	var named []int
	escaped := strings.Contains(text, `\`)
	for i := range len(text) {
		if i > 0 && !escaped && isWord(text[i-1]) && isWord(text[i]) {
			continue // no name begins in the middle of a word
		}
		for _, size := range n.sizes {
			if i+size > len(text) {
				continue
			}
			at, ok := n.own[text[i:i+size]]
			for ok && at >= 0 {
				named = append(named, n.owners[at].host)
				at = n.owners[at].other
			}
		}
	}
	return named
}

// add notes the own names of a host, which are in its section os.
func (n *normals) add(i int, os *Section) {
	for _, own := range n.vars.own(n.hosts[i], os) {
		other, shared := n.own[own.text]
		if !shared {
			other = -1
		}
		n.own[own.text] = len(n.owners)
		n.owners = append(n.owners, owner{i, other})
		if !slices.Contains(n.sizes, len(own.text)) {
			n.sizes = append(n.sizes, len(own.text))
		}
	}
}
