package policies

import "github.com/hashicorp/hcl/v2/hclwrite"

// Format returns the text of a policy in canonical form: indentation, spaces and alignment change, nothing else. Whether
// it is HCL, the caller has seen.
func Format(src []byte) []byte {
	return hclwrite.Format(src)
}
