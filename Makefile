# A user needs Go, make and, for the race detector, gcc. Nothing else is installed.

SQUALL    := bin/squall
LAB       := bin/lab
BROADCAST := bin/maelstrom-broadcast
FUZZTIME  ?= 5s
RUNS      ?= 1
PARALLEL  ?= 1
FOR       ?= 10m
BUSY      ?= 30
LOOPS     ?= 4

REPORT := internal/bench/report/html

.PHONY: run cluster test test-report test-dashboard report-js busy build lab bench reconcile scale frontier explore hardships ordeals glomers kept disks promises maelstrom check fuzz clean

# Challenge 3c: five nodes, 20 seconds, partitions.
run: build
	$(SQUALL) test -w broadcast --bin $(BROADCAST) --node-count 5 --time-limit 20 --rate 10 --nemesis partition

# Three nodes of gsetd on loopback with TLS between them, for redis-cli and other clients, each with a
# dashboard for a browser; Ctrl-C stops all.
cluster:
	go build -o bin/ ./cmd/gsetd
	bin/gsetd trial

# Everything that is proved: laws, scenarios, properties, runs in virtual time, the bench;
# and under the race detector what it may find something in.
test:
	CGO_ENABLED=0 go run ./scripts/progress go test -vet=off -timeout 1h -json $$(scripts/tested)
	scripts/race

# The report and the dashboard in a headless Chromium, which must be installed: hover, filters, keys,
# no word in the console, no request elsewhere. SHOTS=folder writes screenshots there.
test-report: test-dashboard
	cd $(REPORT)/browser && go vet ./... && go test -count 1 ./... -args $(if $(SHOTS),-shots $(abspath $(SHOTS)))

test-dashboard:
	cd internal/dashboard/browser && go vet ./... && go test -count 1 ./... -args $(if $(SHOTS),-shots $(abspath $(SHOTS)))

# Bundles the report's script anew from $(REPORT)/src. Needs Node; nothing else does.
report-js:
	cd $(REPORT)/src && npm ci --ignore-scripts --no-audit --no-fund && npm run build

# All tests BUSY times beside as many busy loops as LOOPS says: none may depend on time.
busy:
	scripts/busy $(BUSY) $(LOOPS)

# What users need: the bench and the nodes.
build:
	go build -o bin/ ./cmd/maelstrom-* ./cmd/squall

# The command that examines this project. Its plots take another quarter of the time to compile.
lab: build
	go build -o bin/ ./cmd/lab

# Benchmarks with allocations, beside roaring bitmaps and maps.
bench:
	go test -run '^$$' -bench . -benchmem ./...

# What it takes in bytes to make two sets equal, beside other ways to do it.
reconcile:
	go test ./internal/rivals -run 'TestTable|TestSpread' -v -full

# Clusters of 5 to 10,000 members in virtual time, measured: writes docs/SCALE.md and its plots.
scale:
	go run ./cmd/lab scale --out docs

# Messages against latency by interval, in virtual time: writes docs/frontier.csv and docs/frontier.svg.
frontier:
	go run ./cmd/lab frontier --out docs

# Schedules of faults in virtual time, from seeds that nobody has played, for FOR=10m. Prints the
# command that plays a failure again.
explore: lab
	$(LAB) sim --for $(FOR)

# What the protocol comes to where it has a hard time, in full: 3 minutes, 2 GB of memory.
hardships:
	go test ./internal/hardship -run TestHardships -v -full

# What becomes of clusters of real gsetd processes that are killed and cut off, in full, and beside etcd: an hour.
ordeals:
	go test ./internal/ordeal -v -full -timeout 2h

# Challenges 3a to 3e and 4 with their bars, g-set and pn-counter, and the tests of kept; fails if a bar is missed.
glomers: lab
	$(LAB) glomers --bin-dir bin --runs $(RUNS)
	$(LAB) glomers --bin-dir bin --table kept --runs $(RUNS)

# What a node says, and does, on disks and in folders that it cannot use: Linux, and root or user namespaces.
disks: build
	scripts/disks bin

# Nodes that are cut off, killed and paused every 2 s, with a data folder: RUNS=50 for 50 runs of each
# workload. Nothing that was acknowledged may be lost.
kept: lab
	$(LAB) glomers --bin-dir bin --table kept --runs $(RUNS) --parallel $(PARALLEL)

# The tighter bars this project sets itself; RUNS=5 for five runs of each.
promises: lab
	$(LAB) glomers --bin-dir bin --table promises --runs $(RUNS)

# The command lines of glomers under the real Maelstrom, which needs a JVM.
# MAELSTROM=/path/to/maelstrom names one; else the official release is downloaded.
maelstrom: lab
	scripts/maelstrom $(LAB) bin

# Format, vet, staticcheck, a tidy go.mod, and other platforms.
check:
	@unformatted=$$(gofmt -l cmd crdt internal replica scripts); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	scripts/ports $(PORTS)

# Every fuzz target for a short while: make fuzz FUZZTIME=1m for longer.
fuzz:
	scripts/fuzz $(FUZZTIME)

clean:
	rm -rf bin
