package operate_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"gset/internal/acl"
	"gset/internal/gsetd"
	"gset/internal/operate"
)

const password = "0123456789abcdef"

// users parses a users file. {hash} stands for that of password.
func users(t testing.TB, text string) *acl.Users {
	t.Helper()
	hash, err := acl.Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	all, err := acl.Parse(strings.NewReader(strings.ReplaceAll(text, "{hash}", hash)))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// guarded serves an operator behind an access, with a dashboard that says so and a stream that does not end by itself.
func guarded(t testing.TB, access *operate.Access) (o *operate.Operator, url string) {
	t.Helper()
	o = operate.New(operate.Config{Access: access, Snapshot: func(context.Context) (s gsetd.Snapshot, err error) {
		s.Status.Joined = true
		return s, nil
	}})
	o.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the dashboard") }))
	o.Handle("/stream", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- o.Serve(ln) }()
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return o, "http://" + ln.Addr().String()
}

// ask makes a request as a user, as nobody if the name is "-". It returns the answer's text.
func ask(t testing.TB, client *http.Client, url, name, password string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name != "-" {
		r.SetBasicAuth(name, password)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

func TestAUserSeesWhatItMayReadAtTheClientsPort(t *testing.T) {
	all := users(t, "ops {hash} read:*\nprometheus {hash}\nsome {hash} admin read:a* write:*\n")
	_, url := guarded(t, &operate.Access{Users: func() *acl.Users { return all }})
	client := new(http.Client)
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		name, password  string
		figures, others int // statuses
	}{
		{"ops", password, 200, 200},
		{"prometheus", password, 200, 403},
		{"some", password, 200, 403},
		{"ops", "wrong", 401, 401},
		{"ops", "", 401, 401},
		{"", password, 401, 401}, // there is no default
		{"nobody", password, 401, 401},
		{"ops", strings.Repeat("x", acl.MaxPassword+1), 401, 401},
		{"-", "", 401, 401},
	} {
		for path, want := range map[string]int{
			"/healthz": 200, "/readyz": c.figures, "/metrics": c.figures, "/": c.others, "/events": c.others, "/collections": c.others,
			"/metrics/": c.others, "/healthz/": c.others, "/%68ealthz": 200, "//healthz": c.others, "/healthz/../metrics": c.others,
		} {
			client.CloseIdleConnections() // whose refusals are counted together
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			got, _ := ask(t, client, url+path, c.name, c.password)
			if got.StatusCode != want && (want != 200 || got.StatusCode != http.StatusTemporaryRedirect) {
				t.Errorf("%s as %q with %.20q: %d, want %d", path, c.name, c.password, got.StatusCode, want)
			}
			if challenged := strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Basic "); challenged != (got.StatusCode == 401) {
				t.Errorf("%s: status %d, %v", path, got.StatusCode, got.Header)
			}
		}
	}
}

func TestOnePasswordIsThatOfDefault(t *testing.T) {
	_, url := guarded(t, &operate.Access{Users: func() *acl.Users { return acl.Single("short") }})
	client := new(http.Client)
	defer client.CloseIdleConnections()
	for name, want := range map[string]int{"": 200, acl.DefaultName: 200, "ops": 401, "-": 401} {
		if got, text := ask(t, client, url+"/", name, "short"); got.StatusCode != want {
			t.Errorf("%q: %d %s", name, got.StatusCode, text)
		}
	}
}

func TestAnOpenDefaultNeedsNoPassword(t *testing.T) {
	all := users(t, "default nopass read:public:*\nops {hash} read:*\n")
	_, url := guarded(t, &operate.Access{Users: func() *acl.Users { return all }})
	client := new(http.Client)
	defer client.CloseIdleConnections()
	for path, want := range map[string]int{"/metrics": 200, "/": 403} {
		if got, text := ask(t, client, url+path, "-", ""); got.StatusCode != want {
			t.Errorf("%s: %d %s", path, got.StatusCode, text)
		}
	}
}

func TestWhoGuessesIsDisconnectedAndCounted(t *testing.T) {
	all := users(t, "ops {hash} read:*\n")
	guessed := make(chan net.Addr, 10)
	_, url := guarded(t, &operate.Access{Users: func() *acl.Users { return all }, Guessed: func(from net.Addr) { guessed <- from }})
	client := new(http.Client)
	defer client.CloseIdleConnections()
	for i := range 20 {
		if got, _ := ask(t, client, url+"/metrics", "ops", "wrong"); got.StatusCode != 401 || got.Close != (i%10 == 9) {
			t.Fatalf("guess %d: %d, closed %v", i, got.StatusCode, got.Close)
		}
	}
	if n := len(guessed); n != 2 {
		t.Errorf("%d connections are said to have guessed", n)
	}
	_, text := ask(t, client, url+"/metrics", "ops", password)
	if s, _ := parse(t, text); s["gset_http_refused_total{reason=wrong password}"] != 20 {
		t.Error(s)
	}
}

func TestACertificateIsAskedForBesideAPassword(t *testing.T) {
	_, url := guarded(t, &operate.Access{Users: func() *acl.Users { return acl.Single(password) }, Certificate: true})
	client := new(http.Client)
	defer client.CloseIdleConnections()
	if got, text := ask(t, client, url+"/", "", password); got.StatusCode != 403 || !strings.Contains(text, "certificate") {
		t.Error(got.StatusCode, text)
	}
}

// Users change while connections last: what a user may do follows at once, and streams end.
func TestUsersAreThoseOfNow(t *testing.T) {
	var now atomic.Pointer[acl.Users]
	now.Store(users(t, "ops {hash} read:*\n"))
	o, url := guarded(t, &operate.Access{Users: now.Load})
	client := new(http.Client)
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("ops", password)
	stream, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if got, _ := ask(t, client, url+"/", "ops", password); got.StatusCode != 200 {
		t.Error(got.Status)
	}
	now.Store(users(t, "others {hash} read:*\n"))
	o.Disconnect()
	if _, err := io.ReadAll(stream.Body); err == nil {
		t.Error("the stream has ended in order, and was not cut off")
	}
	if got, _ := ask(t, client, url+"/", "ops", password); got.StatusCode != 401 {
		t.Error(got.Status)
	}
}

// BenchmarkWrongPassword is a request that is refused for its password, as a stranger makes it.
func BenchmarkWrongPassword(b *testing.B) {
	all := users(b, "ops {hash} read:*\n")
	_, url := guarded(b, &operate.Access{Users: func() *acl.Users { return all }})
	for name, password := range map[string]string{"wrong": strings.Repeat("x", acl.MaxPassword), "right": password} {
		b.Run(name, func(b *testing.B) {
			client := new(http.Client)
			defer client.CloseIdleConnections()
			for b.Loop() {
				ask(b, client, url+"/readyz", "ops", password)
			}
		})
	}
}
