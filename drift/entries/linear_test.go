package entries

import (
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestParsersAreLinear gives every shape to every format. A format that is new is among them by itself.
func TestParsersAreLinear(t *testing.T) {
	drifttest.Slow(t)
	size, heap := 32<<10, 0 // below some limits of what a file may make of little, smaller ones would take the square of their size
	if drifttest.Thorough() {
		size, heap = 1<<20, 16 // of smaller files the entries may take more, up to a few megabytes
	}
	for _, shape := range drifttest.Shapes() {
		texts := map[int]string{}
		text := func(size int) string {
			if texts[size] == "" {
				texts[size] = shape.Text(size)
			}
			return texts[size]
		}
		for _, format := range Formats() {
			t.Run(format.Name+"/"+strings.ReplaceAll(shape.Name, " ", "_"), func(t *testing.T) {
				drifttest.Linear(t, text, size, heap, func(text string) any {
					list, err := Parse(format.Name, []byte(text))
					return []any{list, err}
				})
			})
		}
	}
}
