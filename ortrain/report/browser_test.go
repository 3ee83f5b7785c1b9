package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browsers are programs that headless tests can run in; EnvBrowser names another.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

const envBrowser = "ORTRAIN_CHROMIUM"

// browser finds one, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(envBrowser); path != "" {
		return path
	}
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("needs a headless Chromium: none of %s is installed, and %s names none", strings.Join(browsers, ", "), envBrowser)
	return ""
}

// looked is what the harness in a page found, and what the browser said.
type looked struct {
	Tables, Sorted, Figures int
	Faults, Loaded, Wide    []string
	Milliseconds            float64

	console []string
}

// look opens a page with the harness in it.
func look(t *testing.T, page string) looked {
	t.Helper()
	harness, err := os.ReadFile("testdata/harness.js")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "page.html")
	text := strings.Replace(page, "</body>", "<script>"+string(harness)+"</script></body>", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, browser(t), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-default-apps", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--dump-dom", "file://"+path)
	var dom, said bytes.Buffer
	c.Stdout, c.Stderr = &dom, &said
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", c.Path, err, said.String())
	}
	var out looked
	for _, pre := range elements(t, dom.String(), "pre") {
		if attribute(pre, "id") != "harness" {
			continue
		}
		if err := json.Unmarshal([]byte(pre.FirstChild.Data), &out); err != nil {
			t.Fatal(err)
		}
	}
	if out.Milliseconds == 0 {
		t.Fatalf("the harness did not run to its end:\n%s", said.String())
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			out.console = append(out.console, strings.TrimSpace(line))
		}
	}
	return out
}

// In a browser the page says nothing on the console, asks nobody for anything,
// shows every figure, sorts every table by every column, and fits a phone.
// ORTRAIN_PAGE names a further page to look at.
func TestInBrowser(t *testing.T) {
	browser(t)
	pages := map[string]string{"whole": write(t, whole()), "many classes": write(t, manyClasses())}
	if path := os.Getenv("ORTRAIN_PAGE"); path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pages[path] = string(text)
		valid(t, string(text))
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			got := look(t, page)
			tables, figures := len(elements(t, page, "table")), len(elements(t, page, "svg"))
			if got.Tables != tables || tables == 0 || got.Sorted < 2*tables || len(got.Faults) > 0 {
				t.Errorf("%d of %d tables, %d columns sorted: %v", got.Tables, tables, got.Sorted, got.Faults)
			}
			if got.Figures != figures || figures == 0 {
				t.Errorf("%d of %d figures are shown", got.Figures, figures)
			}
			if len(got.console) > 0 {
				t.Errorf("the console says %v", got.console)
			}
			if len(got.Loaded) > 0 {
				t.Errorf("the page loads %v", got.Loaded)
			}
			if len(got.Wide) > 0 {
				t.Errorf("wider than a phone: %v", got.Wide)
			}
			t.Logf("%d bytes, ready after %.0f ms", len(page), got.Milliseconds)
		})
	}
}

// What the browser test looks for, it finds.
func TestBrowserTestCanFail(t *testing.T) {
	browser(t)
	page := write(t, whole())
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "")
	page = strings.Replace(page, "<main>", `<main><p style="width:50rem">wide</p><img src="http://127.0.0.1:9/x.png" alt=""><script>console.error("broken");</script>`, 1)
	page = strings.Replace(page, "return down ? -order : order;", "return 0;", 1)
	got := look(t, page)
	if len(got.console) == 0 || len(got.Loaded) == 0 || len(got.Faults) == 0 || len(got.Wide) == 0 {
		t.Errorf("found too little: %+v", got)
	}
}
