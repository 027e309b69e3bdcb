package live

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"toolkit/internal/run"
)

// The files of a state directory.
const (
	CheckpointName = "checkpoint"
	AlertsName     = "alerts.jsonl"
)

// checkpointFormat is the version of the file below. What the detectors keep
// has no version of its own: it is that of the program.
const checkpointFormat = 1

// checkpointMagic begins the first line of a checkpoint, which goes on with
// the version of the format and the SHA-256 of all that follows the line. The
// second line is a header as JSON; what is behind it is the state.
const checkpointMagic = "toolkit-checkpoint"

// A header says what a checkpoint is of.
type header struct {
	Program string            `json:"program"`
	Params  map[string]string `json:"params"`
	Inputs  []string          `json:"inputs"`
	Written time.Time         `json:"written"`
	Next    int64             `json:"next_record"`  // the number of the first record that is not in the state
	Alerts  int64             `json:"alerts_bytes"` // length of alerts.jsonl
	Tail    *Position         `json:"tail,omitempty"`
}

// writeCheckpoint puts a checkpoint in its place, whole or not at all.
func writeCheckpoint(dir string, h *header, state []byte) error {
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("writing a checkpoint: %w", err)
	}
	sum := sha256.New()
	sum.Write(head)
	sum.Write([]byte{'\n'})
	sum.Write(state)
	out, err := run.Create(filepath.Join(dir, CheckpointName))
	if err != nil {
		return err
	}
	defer out.Discard()
	_, err = fmt.Fprintf(out, "%s %d %s\n%s\n", checkpointMagic, checkpointFormat, hex.EncodeToString(sum.Sum(nil)), head)
	if err == nil {
		_, err = out.Write(state)
	}
	if err != nil {
		return err
	}
	return out.Commit()
}

// readCheckpoint returns the checkpoint of a state directory, nil if there is
// none. One that is damaged, or of another program or other parameters, is an
// error that names it and says how to begin anew; it is left as it is.
func readCheckpoint(dir string, want *header) (h *header, state []byte, err error) {
	path := filepath.Join(dir, CheckpointName)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading a checkpoint: %w", err)
	}
	bad := func(format string, args ...any) (*header, []byte, error) {
		return nil, nil, fmt.Errorf("%s: %w; remove it to begin anew, or name another --state", path, fmt.Errorf(format, args...))
	}
	first, rest, _ := bytes.Cut(data, []byte{'\n'})
	var magic, sum string
	var version int
	if n, err := fmt.Sscanf(string(first), "%s %d %s", &magic, &version, &sum); n != 3 || err != nil || magic != checkpointMagic {
		return bad("this is no checkpoint")
	}
	if version != checkpointFormat {
		return bad("the checkpoint has format %d, and this program reads %d", version, checkpointFormat)
	}
	if got := sha256.Sum256(rest); hex.EncodeToString(got[:]) != sum {
		return bad("the checkpoint is cut short or damaged: its checksum does not fit")
	}
	line, state, _ := bytes.Cut(rest, []byte{'\n'})
	h = new(header)
	if err := json.Unmarshal(line, h); err != nil {
		return bad("the checkpoint's header: %v", err)
	}
	if h.Program != want.Program {
		return bad("the checkpoint was written by version %s of this program, which is %s", h.Program, want.Program)
	}
	if !slices.Equal(h.Inputs, want.Inputs) {
		return bad("the checkpoint is of the inputs %s, not %s", strings.Join(h.Inputs, " "), strings.Join(want.Inputs, " "))
	}
	for _, name := range slices.Sorted(maps.Keys(merged(h.Params, want.Params))) {
		if a, b := h.Params[name], want.Params[name]; a != b {
			return bad("the checkpoint was made with %s %q, not %q", name, a, b)
		}
	}
	return h, state, nil
}

func merged(a, b map[string]string) map[string]string {
	m := maps.Clone(a)
	if m == nil {
		m = make(map[string]string)
	}
	maps.Copy(m, b)
	return m
}
