package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Fetcher fetches files into DIR/SET. A file appears there whole, after its
// size and SHA-256 have been checked; till then it is FILE.part, which the next
// Fetch goes on with.
type Fetcher struct {
	Dir      string
	Client   *http.Client
	HTTP     bool // allow URLs without TLS
	Force    bool // fetch again what is there, and take it if it has changed
	Retries  int  // how often to try again after a transfer that broke off without bringing anything
	Wait     func(ctx context.Context, try int) error
	Progress func(done, total int64) // may be nil; total is 0 if not known

	// Stall is how long nothing may come of a file before that counts as broken
	// off; 0 for ever.
	Stall time.Duration
}

// A Fetched is what was fetched.
type Fetched struct {
	File    string `json:"file"` // its path
	URL     string `json:"url"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Known   bool   `json:"sha256_known"` // it was pinned, or recorded before
	Changed bool   `json:"changed"`      // another was recorded before
	Already bool   `json:"already_there"`
	Resumed int64  `json:"resumed_from"` // bytes that were there from a transfer before
}

// A ChangedError is a file that is not the one expected.
type ChangedError struct{ File, Want, Got string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has SHA-256 %s, not %s as known: use --force if it may have changed", e.File, e.Got, e.Want)
}

// Backoff waits a second before the first try again and twice as long before
// each later one, up to a minute.
func Backoff(ctx context.Context, try int) error {
	t := time.NewTimer(min(time.Second<<min(try, 6), time.Minute))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Fetch fetches a file of the set of that name.
func (f *Fetcher) Fetch(ctx context.Context, set string, file File) (*Fetched, error) {
	bad := func(err error) error { return fmt.Errorf("fetching %s of %s: %w", file.Name, set, err) }
	if filepath.Base(file.Name) != file.Name || strings.HasPrefix(file.Name, ".") {
		return nil, bad(errors.New("its name is not that of a file"))
	}
	dir := filepath.Join(f.Dir, set)
	sums, err := readSums(dir)
	if err != nil {
		return nil, bad(err)
	}
	got := &Fetched{File: filepath.Join(dir, file.Name), URL: file.URL}
	want := file.SHA256
	if want == "" {
		want = sums[file.Name]
	}
	if !f.Force {
		switch sum, n, err := sumOf(got.File); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, bad(err)
		case want != "" && sum != want:
			return nil, bad(&ChangedError{got.File, want, sum})
		default:
			got.SHA256, got.Bytes, got.Already, got.Known = sum, n, true, want != ""
			return got, f.record(dir, sums, file.Name, sum)
		}
	}
	switch {
	case file.URL == "":
		return nil, bad(ErrByHand)
	case !f.HTTP && !strings.HasPrefix(file.URL, "https://"):
		return nil, bad(errors.New("not over TLS, so anyone on the way can change it: use https://, or --insecure-http"))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, bad(err)
	}
	part := got.File + ".part"
	if got.Resumed, err = f.transfer(ctx, file, part); err != nil {
		return nil, bad(err)
	}
	if got.SHA256, got.Bytes, err = sumOf(part); err != nil {
		return nil, bad(err)
	}
	if want != "" && got.SHA256 != want && (file.SHA256 != "" || !f.Force) {
		// Nothing is gained by going on from it.
		return nil, bad(errors.Join(&ChangedError{file.URL, want, got.SHA256}, dropPart(part)))
	}
	got.Known, got.Changed = got.SHA256 == want, want != "" && got.SHA256 != want
	if err := os.Rename(part, got.File); err != nil {
		return nil, bad(err)
	}
	if err := os.Remove(part + ".json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, bad(err)
	}
	return got, f.record(dir, sums, file.Name, got.SHA256)
}

// ErrByHand is returned for a file that no program can fetch.
var ErrByHand = errors.New("its publisher wants a form filled in or an account first")

// transfer brings all of a file to part, and says how much of it was there.
func (f *Fetcher) transfer(ctx context.Context, file File, part string) (resumed int64, err error) {
	for try := 0; ; {
		at, end, err := f.try(ctx, file, part)
		if try == 0 && at > 0 && resumed == 0 {
			resumed = at
		}
		var broke *brokeOff
		switch {
		case err == nil && file.Bytes > 0 && end != file.Bytes:
			return resumed, errors.Join(fmt.Errorf("it has %d bytes, not %d as known", end, file.Bytes), dropPart(part))
		case err == nil:
			return resumed, nil
		case !errors.As(err, &broke) || ctx.Err() != nil:
			return resumed, errors.Join(ctx.Err(), unwrapURL(err))
		}
		if end > at { // something came
			try = 0
		}
		if try++; try > f.Retries {
			return resumed, fmt.Errorf("%w; the same command goes on from byte %d", unwrapURL(err), end)
		}
		if err := f.Wait(ctx, try-1); err != nil {
			return resumed, err
		}
	}
}

// A brokeOff is a transfer that may go better another time.
type brokeOff struct{ error }

func (b *brokeOff) Unwrap() error { return b.error }

// unwrapURL takes the URL off an error, which is told already.
func unwrapURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// A validator says of which version of a file a part is.
type validator struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
}

// ifRange is what a server compares: a weak ETag does not tell bytes apart.
func (v validator) ifRange() string {
	if v.ETag != "" && !strings.HasPrefix(v.ETag, "W/") {
		return v.ETag
	}
	return v.Modified
}

// try asks for what is missing of a part, from byte at on, and appends what
// comes, up to end.
func (f *Fetcher) try(ctx context.Context, file File, part string) (at, end int64, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var have validator
	if data, err := os.ReadFile(part + ".json"); err == nil && json.Unmarshal(data, &have) == nil && have.URL == file.URL {
		if st, err := os.Stat(part); err == nil && (have.ifRange() != "" || file.SHA256 != "") {
			at = st.Size()
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL, nil)
	if err != nil {
		return at, at, err
	}
	req.Header.Set("User-Agent", "toolkit")
	req.Header.Set("Accept-Encoding", "identity") // bytes as they lie there, or ranges mean nothing
	if at > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
		if v := have.ifRange(); v != "" {
			req.Header.Set("If-Range", v)
		}
	}
	resp, err := f.client().Do(req)
	if err != nil {
		return at, at, &brokeOff{err}
	}
	defer resp.Body.Close()
	flags := os.O_WRONLY | os.O_CREATE
	total := int64(-1)
	switch resp.StatusCode {
	case http.StatusOK: // from the beginning
		at, flags, total = 0, flags|os.O_TRUNC, resp.ContentLength
	case http.StatusPartialContent:
		var from, to int64
		if n, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total); n < 2 || from != at {
			return at, at, errors.Join(fmt.Errorf("the server answers with another part than asked for (%q, %v)", resp.Header.Get("Content-Range"), err), dropPart(part))
		}
		flags |= os.O_APPEND
	case http.StatusRequestedRangeNotSatisfiable:
		// All is there already, if the server says that there is no more.
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes */%d", &total); err == nil && total == at {
			return at, at, nil
		}
		return at, 0, errors.Join(&brokeOff{fmt.Errorf("the server says %s", resp.Status)}, dropPart(part))
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return at, at, &brokeOff{fmt.Errorf("the server says %s", resp.Status)}
	default:
		return at, at, fmt.Errorf("the server says %s", resp.Status)
	}
	if typ, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); typ == "text/html" {
		return at, at, fmt.Errorf("the server sends a web page in its place: %w", ErrByHand)
	}
	v := validator{file.URL, resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")}
	data, err := json.Marshal(v)
	if err != nil {
		return at, at, err
	}
	if err := os.WriteFile(part+".json", data, 0o644); err != nil {
		return at, at, err
	}
	out, err := os.OpenFile(part, flags, 0o644)
	if err != nil {
		return at, at, err
	}
	body := &counted{r: resp.Body, done: at, total: max(total, file.Bytes), progress: f.Progress, most: f.Stall}
	if f.Stall > 0 {
		body.stall = time.AfterFunc(f.Stall, func() { cancel(fmt.Errorf("nothing has come for %v", f.Stall)) })
		defer body.stall.Stop()
	}
	n, err := io.Copy(out, body)
	end = at + n
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err == nil && total >= 0 && end != total {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		var path *fs.PathError
		if !errors.As(err, &path) { // not the disk
			err = &brokeOff{err}
		}
	}
	return at, end, errors.Join(err, out.Sync(), out.Close())
}

func dropPart(part string) error {
	err := errors.Join(os.Remove(part), os.Remove(part+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// client follows redirections, but never from https to http.
func (f *Fetcher) client() *http.Client {
	c := *f.Client
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Scheme != "https" && !f.HTTP {
			return fmt.Errorf("redirected to %s, which is not over TLS", req.URL)
		}
		if len(via) >= 10 {
			return errors.New("redirected more than ten times")
		}
		return nil
	}
	return &c
}

// A counted tells how much has been read, and puts off the end that stall makes of
// reading where nothing comes.
type counted struct {
	r           io.Reader
	done, total int64
	progress    func(done, total int64)
	stall       *time.Timer // nil for none
	most        time.Duration
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.done += int64(n)
	if c.stall != nil && n > 0 {
		c.stall.Reset(c.most)
	}
	if c.progress != nil {
		c.progress(c.done, max(c.total, 0))
	}
	return n, err
}

func sumOf(path string) (sum string, n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), n, err
}
