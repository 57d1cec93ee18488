package policies

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns the text of a policy in canonical form: indentation, spaces and alignment change, nothing else. Whether
// it is HCL, the caller has seen, by Syntax.
func Format(src []byte) []byte {
	return hclwrite.Format(src)
}

// Syntax reports what of a file is not HCL, or too much of it to be read.
func Syntax(src []byte, name string) hcl.Diagnostics {
	_, diags := parse(src, name)
	return diags
}
