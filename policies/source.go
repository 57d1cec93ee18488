package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// source is the text of a policy, parsed and not yet understood. The files of a folder are one text.
type source struct {
	attributes []*hclsyntax.Attribute // at the top: there may be none
	blocks     []*hclsyntax.Block
	whole      hcl.Range // where to point when something is missing from all of it
	digest     string
	outline    *outline
}

// blocksOf returns the blocks of some types, in order.
func (s source) blocksOf(types ...string) []*hclsyntax.Block {
	var blocks []*hclsyntax.Block
	for _, b := range s.blocks {
		if slices.Contains(types, b.Type) {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// collectBlocks returns the blocks that collect something.
func (s source) collectBlocks(collector string) []*hclsyntax.Block {
	var blocks []*hclsyntax.Block
	for _, b := range s.blocksOf("collect") {
		if len(b.Labels) > 0 && b.Labels[0] == collector {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// read parses a file, or the *.hcl of a folder in the order of their names. After a mistake in the syntax, what follows
// cannot be trusted: those are returned alone.
func read(fsys fs.FS, name string) (source, hcl.Diagnostics) {
	names, err := files(fsys, name)
	if err != nil {
		return source{}, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Cannot read the policy", Detail: err.Error()}}
	}
	s := source{whole: hcl.Range{Filename: names[0], Start: hcl.InitialPos, End: hcl.InitialPos}, outline: &outline{}}
	var diags hcl.Diagnostics
	sum := sha256.New()
	left := mostBytes
	for _, name := range names {
		text, err := readFile(fsys, name, left)
		if err != nil {
			diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot read the policy", Detail: err.Error()})
			continue
		}
		left -= len(text)
		fmt.Fprintf(sum, "%q %d\n", path.Base(name), len(text))
		sum.Write(text)
		diags = append(diags, s.parse(text, name)...)
	}
	if !diags.HasErrors() {
		diags = append(diags, checkBlocks(&s)...)
	}
	s.digest = hex.EncodeToString(sum.Sum(nil))
	return s, diags
}

func (s *source) parse(text []byte, name string) hcl.Diagnostics {
	file, diags := parse(text, name)
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return diags
	}
	for _, attribute := range body.Attributes {
		s.attributes = append(s.attributes, attribute)
	}
	s.blocks = append(s.blocks, body.Blocks...)
	s.outline.blocks = append(s.outline.blocks, outlineOf(text, body).blocks...)
	return diags
}

// readFolder returns the entries of a folder, sorted by name.
func readFolder(fsys fs.FS, name string) ([]fs.DirEntry, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	folder, ok := file.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("its entries cannot be listed")}
	}
	entries, err := folder.ReadDir(mostEntries + 1)
	if len(entries) > mostEntries {
		return nil, fmt.Errorf("the folder %s has more than %d entries", name, mostEntries)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// files returns the names of a policy's files.
func files(fsys fs.FS, name string) ([]string, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{name}, nil
	}
	entries, err := readFolder(fsys, name)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() && strings.HasSuffix(entry.Name(), ".hcl") && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, path.Join(name, entry.Name()))
		}
	}
	if len(names) > mostFiles {
		return nil, fmt.Errorf("the folder %s has %d *.hcl, and a policy has at most %d", name, len(names), mostFiles)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no *.hcl in the folder %s", name)
	}
	return names, nil
}
