package policies

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Name is a host, role or environment that an expression compares host.name, host.role or host.environment with.
type Name struct {
	Kind  string // "host", "role" or "environment"
	Text  string
	Range hcl.Range
}

// namesIn finds the names that an expression compares a host with: host.name == "web-1", contains(["web-1"], host.name).
func namesIn(expr hclsyntax.Expression) []Name {
	var names []Name
	if expr == nil {
		return nil
	}
	note := func(host, other hclsyntax.Expression) {
		kind := map[string]string{"name": "host", "role": "role", "environment": "environment"}[collectorOf(host)]
		if kind == "" {
			return
		}
		v, diags := other.Value(nil)
		if diags.HasErrors() || !v.IsWhollyKnown() || v.IsNull() {
			return // it is worked out for each host
		}
		list := []cty.Value{v}
		if v.CanIterateElements() {
			list = v.AsValueSlice()
		}
		for _, v := range list {
			if v.Type() == cty.String && !v.IsNull() {
				names = append(names, Name{kind, v.AsString(), other.Range()})
			}
		}
	}
	_ = hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		switch node := node.(type) {
		case *hclsyntax.BinaryOpExpr:
			if node.Op == hclsyntax.OpEqual || node.Op == hclsyntax.OpNotEqual {
				note(node.LHS, node.RHS)
				note(node.RHS, node.LHS)
			}
		case *hclsyntax.FunctionCallExpr:
			if node.Name == "contains" && len(node.Args) == 2 {
				note(node.Args[1], node.Args[0])
			}
		}
		return nil
	})
	return names
}

// Unknown returns the names that the rule's "when" compares a host with and that a policy does not have.
func (r *Rule) Unknown(p *Policy) []Name {
	return slices.DeleteFunc(slices.Clone(r.names), func(n Name) bool { return p.has(n) })
}

// has reports whether the policy has a host, role or environment of a name.
func (p *Policy) has(n Name) bool {
	return slices.ContainsFunc(p.Environments, func(e *Environment) bool {
		return n.Kind == "environment" && e.Name == n.Text || slices.ContainsFunc(e.Roles, func(r Role) bool {
			return n.Kind == "role" && r.Name == n.Text ||
				n.Kind == "host" && slices.ContainsFunc(r.Hosts, func(address string) bool { return HostName(address) == n.Text })
		})
	})
}
