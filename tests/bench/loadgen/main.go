// Command loadgen drives an HTTP server that looks like a Kubernetes API server through one phase
// and prints what it saw as one line of JSON. Plain net/http and nothing of Kubernetes, so that
// the client costs the same whatever answers.
//
//	loadgen -server http://127.0.0.1:8080 -token T -requests 2000 PHASE
//
// Phases: prepare, create, get, list, patch, apply, delete, watch.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

var (
	server   = flag.String("server", "http://127.0.0.1:8080", "base URL")
	token    = flag.String("token", "", "bearer token")
	clients  = flag.Int("clients", 8, "keep-alive clients")
	requests = flag.Int("requests", 2000, "requests of the phase")
	first    = flag.Int("first", 0, "number of the first object")
	objects  = flag.Int("objects", 1000, "objects that get, patch and apply go round")
	watchers = flag.Int("watchers", 50, "watchers of the phase watch")
	insecure = flag.Bool("insecure", false, "trust any certificate")
)

const namespace = "/api/v1/namespaces/bench"

var client = &http.Client{}

type request struct{ method, path, contentType, body string }

func pod(i int) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p-%d","labels":{"app":"a%d","tier":"web"}},`+
		`"spec":{"schedulerName":"none","containers":[{"name":"c","image":"nginx:1.27","ports":[{"containerPort":80}],`+
		`"env":[{"name":"A","value":"b"}],"resources":{"requests":{"cpu":"100m","memory":"64Mi"}}}]}}`, i, i%10)
}

func configMap(name string, value int) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s"},"data":{"k":"%d"}}`, name, value)
}

// phases says what the i-th request of a phase is.
var phases = map[string]func(i int) request{
	"create": func(i int) request {
		return request{"POST", namespace + "/pods", "application/json", pod(*first + i)}
	},
	"get": func(i int) request {
		return request{"GET", fmt.Sprintf("%s/pods/p-%d", namespace, i%*objects), "", ""}
	},
	"list": func(i int) request { return request{"GET", namespace + "/pods", "", ""} },
	"patch": func(i int) request {
		return request{"PATCH", fmt.Sprintf("%s/pods/p-%d", namespace, i%*objects),
			"application/strategic-merge-patch+json", fmt.Sprintf(`{"metadata":{"annotations":{"x":"%d"}}}`, i)}
	},
	"apply": func(i int) request {
		name := fmt.Sprintf("a-%d", i%200)
		return request{"PATCH", namespace + "/configmaps/" + name + "?fieldManager=bench&force=true",
			"application/apply-patch+yaml", configMap(name, i)}
	},
	"delete": func(i int) request {
		return request{"DELETE", fmt.Sprintf("%s/pods/p-%d?gracePeriodSeconds=0", namespace, *first+i), "", ""}
	},
}

// said counts the errors that were printed: the first ones tell enough.
var said atomic.Int64

// send gives the status (0 without an answer) and the size of the answer's body.
func send(r request) (int, int64) {
	made, err := http.NewRequest(r.method, *server+r.path, bytes.NewReader([]byte(r.body)))
	if err != nil {
		panic(err)
	}
	if r.contentType != "" {
		made.Header.Set("Content-Type", r.contentType)
	}
	made.Header.Set("Accept", "application/json")
	made.Header.Set("Authorization", "Bearer "+*token)
	answer, err := client.Do(made)
	if err != nil {
		if said.Add(1) <= 3 {
			fmt.Fprintln(os.Stderr, r.method, r.path, err)
		}
		return 0, 0
	}
	defer answer.Body.Close()
	size, _ := io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, size
}

func run(build func(i int) request) map[string]any {
	var next, failed, size atomic.Int64
	times := make([][]float64, *clients)
	var all sync.WaitGroup
	begin := time.Now()
	for c := range times {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= *requests {
					return
				}
				sent := time.Now()
				status, bytes := send(build(i))
				times[c] = append(times[c], time.Since(sent).Seconds()*1000)
				size.Add(bytes)
				if status < 200 || status > 299 {
					failed.Add(1)
				}
			}
		}()
	}
	all.Wait()
	seconds := time.Since(begin).Seconds()
	var sorted []float64
	for _, some := range times {
		sorted = append(sorted, some...)
	}
	sort.Float64s(sorted)
	return map[string]any{
		"per_second": float64(*requests) / seconds, "failed": failed.Load(),
		"p50_ms": sorted[len(sorted)/2], "p99_ms": sorted[len(sorted)*99/100],
		"bytes": size.Load() / int64(*requests),
	}
}

// fanOut writes while many watch, and waits until each watcher has seen each write.
func fanOut() map[string]any {
	var seen, failed atomic.Int64
	var ready, done sync.WaitGroup
	for range *watchers {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			made, _ := http.NewRequest("GET", *server+namespace+"/configmaps?watch=true&timeoutSeconds=120", nil)
			made.Header.Set("Authorization", "Bearer "+*token)
			answer, err := client.Do(made)
			ready.Done()
			if err != nil {
				failed.Add(1)
				return
			}
			defer answer.Body.Close()
			lines := bufio.NewScanner(answer.Body)
			lines.Buffer(make([]byte, 1<<16), 1<<20)
			for left := *requests; left > 0; {
				if !lines.Scan() {
					failed.Add(1)
					return
				}
				if bytes.Contains(lines.Bytes(), []byte(`"name":"w-`)) {
					seen.Add(1)
					left--
				}
			}
		}()
	}
	ready.Wait()
	begin := time.Now()
	for i := range *requests {
		name := fmt.Sprintf("w-%d", *first+i)
		send(request{"POST", namespace + "/configmaps", "application/json", configMap(name, i)})
	}
	done.Wait()
	seconds := time.Since(begin).Seconds()
	return map[string]any{
		"per_second": float64(seen.Load()) / seconds, "failed": failed.Load(),
		"watchers": *watchers, "writes": *requests,
	}
}

func prepare() map[string]any {
	send(request{"POST", "/api/v1/namespaces", "application/json",
		`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}`})
	send(request{"POST", namespace + "/serviceaccounts", "application/json",
		`{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}`})
	*requests = *objects
	return run(phases["create"])
}

func main() {
	flag.Parse()
	// A TLS configuration of one's own keeps to HTTP/1.1, with every server.
	client.Transport = &http.Transport{
		MaxIdleConnsPerHost: 512, DisableCompression: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: *insecure},
	}
	phase := flag.Arg(0)
	var found map[string]any
	switch build := phases[phase]; {
	case phase == "prepare":
		found = prepare()
	case phase == "watch":
		found = fanOut()
	case build != nil:
		found = run(build)
	default:
		fmt.Fprintln(os.Stderr, "no such phase:", phase)
		os.Exit(2)
	}
	found["phase"] = phase
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}
