package flow

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/flate"
)

// An archive yields the files in a tar or zip archive, one after another.
type archive struct {
	tar  *tar.Reader
	zip  *zip.Reader
	n    int           // members of zip that have come
	read *countReader  // of tar, what has been read of it
	open io.ReadCloser // the member of zip that is being read
}

var zipMagic = []byte("PK\x03\x04")

// archive returns the archive that the input is, nil if it is none.
func (in *opened) archive() (*archive, error) {
	head, _ := in.text.Peek(len(zipMagic))
	if bytes.Equal(head, zipMagic) {
		f, ok := in.file.(*os.File)
		if _, plain := in.data.(plainReader); !ok || !plain {
			return nil, errors.New("a zip archive can only be read from a file that is not packed again; save it as one")
		}
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		z, err := zip.NewReader(f, info.Size())
		if err != nil {
			return nil, fmt.Errorf("reading the zip archive: %w", err)
		}
		z.RegisterDecompressor(zip.Deflate, flate.NewReader) // quicker than the standard library's
		return &archive{zip: z}, nil
	}
	// A pipe that has not brought a whole header yet is no archive so far.
	if first, _ := in.text.Peek(1); len(first) == 0 || first[0] == '{' || first[0] == '#' {
		return nil, nil
	}
	if in.text.Buffered() < 512 && !in.regular {
		return nil, nil
	}
	if head, _ := in.text.Peek(512); len(head) == 512 && string(head[257:262]) == "ustar" {
		read := &countReader{r: in.text}
		return &archive{tar: tar.NewReader(read), read: read}, nil
	}
	return nil, nil
}

// next returns the next file of the archive, io.EOF at its end. It may unpack
// up to most; what is sparse in a tar archive unpacks to zeros.
func (a *archive) next(most limit) (name string, r io.Reader, err error) {
	for a.tar != nil {
		h, err := a.tar.Next()
		if err != nil {
			return "", nil, err
		}
		if h.Typeflag == tar.TypeReg && !hidden(h.Name) {
			return h.Name, &unpacker{kind: "tar", r: a.tar, packed: a.read, limit: most}, nil
		}
	}
	if a.open != nil {
		a.open.Close()
		a.open = nil
	}
	for a.n < len(a.zip.File) {
		f := a.zip.File[a.n]
		a.n++
		if f.Mode().IsRegular() && !hidden(f.Name) {
			if a.open, err = f.Open(); err != nil {
				return f.Name, nil, err
			}
			packed := &countReader{n: int64(f.CompressedSize64)}
			return f.Name, &unpacker{kind: "zip", r: a.open, close: a.open.Close, packed: packed, limit: most}, nil
		}
	}
	return "", nil, io.EOF
}

// hidden tells whether a file is none of those that were packed on purpose.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > 1 && part[0] == '.' && part != ".." || part == "__MACOSX" {
			return true
		}
	}
	return false
}

// next goes on to the next member of a known format, and tells whether there
// is one.
func (in *opened) next(r *Reader) (bool, error) {
	if in.members == nil {
		return false, nil
	}
	for {
		name, member, err := in.members.next(r.opt.unpackLimit())
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("%s: reading the archive: %w", in.path, err)
		}
		in.name = in.path + ":" + name
		data, err := unpack(member, r.opt.unpackLimit(), false)
		if err != nil {
			return false, fmt.Errorf("%s: %w", in.name, err)
		}
		in.text = bufio.NewReaderSize(data, headSize)
		switch err := in.findFormat(r); {
		case errors.Is(err, errEmpty) || errors.Is(err, errUnknown):
			r.pass(in.name)
		case err != nil:
			return false, fmt.Errorf("%s: %w", in.name, err)
		default:
			return true, nil
		}
	}
}

// pass notes a file that is passed over.
func (r *Reader) pass(name string) {
	for _, p := range r.passed {
		if p == name {
			return
		}
	}
	r.passed = append(r.passed, name)
}
