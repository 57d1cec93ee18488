package collect

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/seed-313c021b/gate/drift/entries"
)

// defaultMaxSize is how many bytes a file may have to be read by its entries, where max_size says nothing else. It may say up to
// [entries.MaxSize].
const defaultMaxSize = 1 << 20

var sizePattern = regexp.MustCompile(`^([0-9]{1,12}) ?(B|KiB|MiB|)$`)

// parseSize reads a number of bytes: "4 MiB", "512KiB", "4194304".
func parseSize(text string) (int64, error) {
	m := sizePattern.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf(`a size is a number of bytes, of KiB or of MiB, as "4 MiB"`)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, err
	}
	switch m[2] {
	case "KiB":
		n <<= 10
	case "MiB":
		n <<= 20
	}
	if n < 1 || n > entries.MaxSize {
		return 0, fmt.Errorf("a size is from 1 byte to %s", sizeText(entries.MaxSize))
	}
	return n, nil
}

func checkSize(text string) error {
	_, err := parseSize(text)
	return err
}

// sizeText writes a number of bytes as parseSize reads it.
func sizeText(n int64) string {
	switch {
	case n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// maxSize returns how many bytes a file may have to be read by its entries.
func (q Query) maxSize() int64 {
	if n, err := parseSize(q.Text("max_size")); err == nil {
		return n
	}
	return defaultMaxSize
}

// tooLarge says that a file has more bytes than max_size, and how to have it read.
func tooLarge(size, most int64) string {
	text := fmt.Sprintf("larger than %s (max_size = %q): it has %d bytes", sizeText(most), sizeText(most), size)
	if most == defaultMaxSize {
		text = fmt.Sprintf("larger than %s (max_size = %q, the default): it has %d bytes", sizeText(most), sizeText(most), size)
	}
	if size > entries.MaxSize {
		return text + ", and no more than " + sizeText(entries.MaxSize) + " can be read"
	}
	return text + "; a larger max_size reads it, up to " + sizeText(entries.MaxSize)
}
