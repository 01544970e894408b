# make run     build, and fetch ten slow requests from the bundled slow server
# make test    all tests, in under 5 minutes; with the race detector where there is a C compiler
# make check   what CI checks besides the tests: format, vet for three systems, staticcheck, tidiness
# make soak    what takes too long for make test: runs killed at fifty moments each, some minutes; a load of an hour
# make chaos   runs against servers that fail in every way, for two minutes with one seed after another
# make fuzz    each fuzz target for ten minutes (FUZZTIME), which takes hours
# make bench   this tool beside others on the same work (bench/README.md); some minutes
# make build   bin/fetch
# make man     man pages in bin/man, of the same texts as the help
# make install bin/fetch and its completions, under PREFIX (/usr/local)

GO ?= go

# Go says CGO_ENABLED=0 by itself where it finds no C compiler, and the race detector needs one.
RACE := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

# Staticcheck and all it needs stand in tools.mod, so that they are pinned and yet no dependency of the program.
STATICCHECK := $(GO) tool -modfile=tools.mod staticcheck

# MEASURING are the tests that compare latencies with the server's own: they have the machine to themselves, and no race
# detector, which makes what they measure several times as late.
MEASURING := ^TestLoad(AgreesWithTheServer|OfAStoppedServer)$$

# SCRIPTS start the program some 1,500 times, which takes long where the machine is slow: they have a run of their own.
SCRIPTS := ^TestScripts$$

# SIMULATIONS have one goroutine, in which the race detector would find nothing for a minute and a half.
SIMULATIONS := ^Test(Climb.*|Lab)$$

.PHONY: run test soak chaos fuzz check bench build man install

run: build
	./bin/fetch --testserver -c 10 testdata/quick.txt

build:
	$(GO) build -o bin/fetch ./cmd/fetch

man: build
	./bin/fetch help --man bin/man

test:
	@$(if $(RACE),:,echo "no C compiler: testing without the race detector")
	$(GO) test -timeout 5m -run '$(MEASURING)' ./cmd/fetch
	$(GO) test $(RACE) -timeout 5m -run '$(SCRIPTS)' ./cmd/fetch
	$(GO) test -timeout 5m -run '$(SIMULATIONS)' ./internal/sched
	$(GO) test $(RACE) -timeout 5m -skip '$(MEASURING)|$(SCRIPTS)|$(SIMULATIONS)' ./...

# SOAK is how often the longest of the runs is killed.
SOAK ?= 50

# SOAKTIME is how long the load lasts. It is tested without the race detector, whose memory and time it would measure.
SOAKTIME ?= 1h

soak:
	FETCH_KILLS=$(SOAK) $(GO) test $(RACE) -timeout 30m -count 1 -v -run '^TestKilledAndResumed$$' ./cmd/fetch
	FETCH_SOAK=$(SOAKTIME) $(GO) test -timeout 0 -count 1 -v -run '^TestLoadSoak$$' ./cmd/fetch

# CHAOS is how long runs are tried.
CHAOS ?= 2m

chaos:
	FETCH_CHAOS=$(CHAOS) $(GO) test $(RACE) -timeout 30m -count 1 -v -run '^TestChaos$$' ./fetcher

# FUZZTIME is how long each target is tried; FUZZ says which.
FUZZTIME ?= 10m
FUZZ ?= .

fuzz:
	@grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z]*' . | sed 's#/[^/]*:func # #' | grep -E '$(FUZZ)' | sort | \
	while read dir target; do \
		echo "$$dir $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$dir || exit 1; \
	done

check:
	@files=$$(gofmt -l .); test -z "$$files" || { echo "not formatted, run gofmt -w on: $$files"; exit 1; }
	GOOS=linux $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) fix -diff ./...
	$(GO) mod tidy -diff

# PREFIX is where it is installed, DESTDIR a folder that stands in for / while a package is built. These folders are
# where each shell looks for completions by itself (zsh: if the folder is in fpath).
PREFIX ?= /usr/local
completions = $(DESTDIR)$(PREFIX)/share

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(completions)/bash-completion/completions \
		$(completions)/zsh/site-functions $(completions)/fish/vendor_completions.d
	install -m 755 bin/fetch $(DESTDIR)$(PREFIX)/bin/fetch
	./bin/fetch completion bash > $(completions)/bash-completion/completions/fetch
	./bin/fetch completion zsh > $(completions)/zsh/site-functions/_fetch
	./bin/fetch completion fish > $(completions)/fish/vendor_completions.d/fetch.fish

bench: build
	$(GO) run ./bench $(BENCHFLAGS)
