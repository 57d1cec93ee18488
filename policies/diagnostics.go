package policies

import (
	"io"
	"io/fs"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// WriteDiagnostics prints diagnostics for people, each with the lines that it is about, which it reads from fsys again.
// With a width above zero, sentences are wrapped to it. Of a policy's values it shows what stands in those lines, and
// nothing else.
func WriteDiagnostics(w io.Writer, fsys fs.FS, diags hcl.Diagnostics, width uint, color bool) error {
	files := map[string]*hcl.File{}
	for _, diag := range diags {
		if diag.Subject == nil || files[diag.Subject.Filename] != nil {
			continue
		}
		text, err := fs.ReadFile(fsys, diag.Subject.Filename)
		if err != nil {
			continue // printed without its lines
		}
		file, _ := hclsyntax.ParseConfig(text, diag.Subject.Filename, hcl.InitialPos)
		files[diag.Subject.Filename] = file
	}
	return hcl.NewDiagnosticTextWriter(w, files, width, color).WriteDiagnostics(bare(diags))
}
