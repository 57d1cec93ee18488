package pypa

import (
	"encoding/csv"
	"fmt"
	"io"
)

// RecordFile is one row of RECORD: a file that an installer wrote (PEP 376, "RECORD"; PEP 427).
type RecordFile struct {
	Path string // relative to the folder that holds the dist-info folder, or absolute; "/" between its parts
	Hash string // "sha256=…", empty where none is recorded
	Size string // in bytes, empty where none is recorded
}

// ParseRecord reads RECORD.
func ParseRecord(r io.Reader) ([]RecordFile, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	var files []RecordFile
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return files, fmt.Errorf("RECORD: %w", err)
		}
		line, _ := rows.FieldPos(0)
		if len(row) != 3 || row[0] == "" {
			return files, fmt.Errorf("RECORD: line %d: wants a path, a hash and a size", line)
		}
		files = append(files, RecordFile{row[0], row[1], row[2]})
	}
}
