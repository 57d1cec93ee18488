package drift

import (
	"slices"
	"strings"
)

// normals normalises the values of hosts. Most values hold no name of a host's own, and are the same normalised on all hosts
// of an environment; a host is looked at by itself only for values that hold its name or address.
type normals struct {
	vars        *Vars
	hosts       []*Host
	normalisers map[int]*Normaliser // of hosts by themselves, when they are needed
	own         map[string][]int    // by a name or an address: the hosts whose own it is; nil until it is needed
	sizes       []int               // the lengths of these
}

func newNormals(vars *Vars, hosts []*Host) *normals {
	return &normals{vars: vars, hosts: hosts, normalisers: map[int]*Normaliser{}}
}

// For returns the normaliser of a host.
func (n *normals) For(i int) *Normaliser {
	if n.normalisers[i] == nil {
		n.normalisers[i] = n.vars.For(n.hosts[i])
	}
	return n.normalisers[i]
}

// of returns what the text of a value normalises to, with the hosts on which it does.
func (n *normals) of(text string, hosts []int) map[string][]int {
	named := n.named(text)
	shared := map[string]string{} // by environment
	normals := map[string][]int{}
	for _, i := range hosts {
		environment := n.hosts[i].ID.Environment
		normal, ok := shared[environment]
		switch {
		case slices.Contains(named, i):
			normal, _ = n.For(i).Apply(text)
		case !ok:
			normal, _ = newNormaliser(environment, slices.Clone(n.vars.tokens)).Apply(text)
			shared[environment] = normal
		}
		normals[normal] = append(normals[normal], i)
	}
	return normals
}

// named returns the hosts whose names or addresses a text may hold.
func (n *normals) named(text string) []int {
	if n.own == nil {
		n.index()
	}
	var named []int
	escaped := strings.Contains(text, `\`)
	for i := range len(text) {
		if i > 0 && !escaped && isWord(text[i-1]) && isWord(text[i]) {
			continue // no name begins in the middle of a word
		}
		for _, size := range n.sizes {
			if i+size <= len(text) {
				named = append(named, n.own[text[i:i+size]]...)
			}
		}
	}
	return named
}

func (n *normals) index() {
	n.own = map[string][]int{}
	for i, h := range n.hosts {
		for _, t := range n.vars.own(h) {
			n.own[t.text] = append(n.own[t.text], i)
			if !slices.Contains(n.sizes, len(t.text)) {
				n.sizes = append(n.sizes, len(t.text))
			}
		}
	}
}
