.PHONY: run test check bench docs golden gallery

run: ## the whole job on built-in data
	go run ./cmd/toolkit run

test: ## all tests
	go test ./...

check: ## all that CI checks
	.ci/run

bench: ## benchmarks, in the form that benchstat reads
	go test -run '^$$' -bench . -count 6 ./...

docs: ## rewrites the documents that are made from the code
	go test ./cmd/toolkit -run TestDocuments -update

golden: ## rewrites the expected outputs of tests; look at the difference
	go test ./reports/... -update

gallery: ## docs/gallery.md: the figures of a report of the built-in data
	out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && go run ./cmd/toolkit run --quiet --entropy --out "$$out" && go run ./bench/gallery "$$out" docs
