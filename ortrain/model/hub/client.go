package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const maxRedirects = 10

// client sends requests to one endpoint.
type client struct {
	Config
	http *http.Client
}

func newClient(c Config) *client {
	own := *c.Client
	// The server answers for a large file with a redirection that carries the
	// file's hash and size; on HEAD, following it would lose them.
	own.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if len(before) >= maxRedirects {
			return fmt.Errorf("%w: more than %d redirections", ErrServer, maxRedirects)
		}
		first := before[0]
		if first.Method == http.MethodHead && next.Response.Header.Get("X-Linked-Etag") != "" {
			return http.ErrUseLastResponse
		}
		// net/http would let a subdomain, where the files are stored, see it.
		if next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme {
			next.Header.Del("Authorization")
		}
		return nil
	}
	return &client{c, &own}
}

// unreachableError wraps a fault of the network, as opposed to an answer.
type unreachableError struct{ err error }

func (e *unreachableError) Error() string { return e.err.Error() }
func (e *unreachableError) Unwrap() error { return e.err }

// fileURL is where a file of a repository is served.
func (c *client) fileURL(repo, revision, name string) string {
	return c.Endpoint + "/" + repo + "/resolve/" + url.PathEscape(revision) + "/" + (&url.URL{Path: name}).EscapedPath()
}

// send sends one request and turns every answer but the accepted ones into an
// error. The caller closes the body.
func (c *client) send(ctx context.Context, method, target string, header http.Header, accept ...int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	for k, v := range header {
		request.Header[k] = v
	}
	// A compressed answer would have another length than the file.
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "ortrain")
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("hub: %w", context.Cause(ctx))
		}
		if err = fmt.Errorf("hub: %w", err); !errors.Is(err, ErrServer) {
			err = &unreachableError{err}
		}
		return nil, err
	}
	for _, status := range accept {
		if response.StatusCode == status {
			return response, nil
		}
	}
	return nil, errors.Join(c.refusal(target, response), response.Body.Close())
}

// refusal explains an answer.
func (c *client) refusal(target string, response *http.Response) error {
	code, message := response.Header.Get("X-Error-Code"), response.Header.Get("X-Error-Message")
	hint := "set HF_TOKEN to a token that may read it"
	if c.Token != "" {
		hint = "the token may not read it, or the repository does not exist"
	}
	switch status := response.StatusCode; {
	case code == "GatedRepo":
		return fmt.Errorf("hub: %s: %w: access must be asked for on the model's page; %s", target, ErrUnauthorized, hint)
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fmt.Errorf("hub: %s: %w: %s %s", target, ErrUnauthorized, hint, message)
	case status == http.StatusNotFound:
		what := map[string]string{
			"RepoNotFound":     "no such repository",
			"RevisionNotFound": "no such revision",
			"EntryNotFound":    "no such file",
		}[code]
		return fmt.Errorf("hub: %s: %w %s", target, ErrNotFound, what)
	default:
		return &StatusError{URL: target, Status: status, Message: message}
	}
}

// temporary reports whether an error may go away by itself.
func temporary(err error) bool {
	var unreachable *unreachableError
	var status *StatusError
	var name *net.DNSError
	switch {
	case errors.As(err, &name) && name.IsNotFound, errors.Is(err, syscall.ECONNREFUSED):
		return false
	case errors.As(err, &status):
		return status.Status >= 500 || status.Status == http.StatusTooManyRequests || status.Status == http.StatusRequestTimeout
	case errors.As(err, &unreachable):
		return true
	}
	return false
}

// retry calls do until it succeeds, fails for good, or has failed too often.
func (c *client) retry(ctx context.Context, do func() error) error {
	wait := c.Backoff
	for try := 0; ; try++ {
		err := do()
		if err == nil || !temporary(err) || try >= c.Retries {
			return err
		}
		if perr := pause(ctx, wait); perr != nil {
			return fmt.Errorf("hub: %w; before that: %w", perr, err)
		}
		wait *= 2
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// errStall is the cause with which a download that stands still is cancelled.
var errStall = errors.New("no bytes for too long")

// watched is a body whose request is cancelled when it stands still.
type watched struct {
	io.Reader
	timer *time.Timer
	stall time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.timer.Reset(w.stall)
	return n, err
}

// cleanETag strips the quotes and the weakness mark.
func cleanETag(tag string) string {
	return strings.Trim(strings.TrimPrefix(tag, "W/"), `"`)
}
