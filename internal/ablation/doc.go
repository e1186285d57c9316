// Package ablation takes the rules of the engine out, one at a time, and measures what gets worse. It has
// nothing but that test, and docs/RULES.md has what came of it.
package ablation
