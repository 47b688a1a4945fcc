"""A tuned model -> answers, feedback and review decisions, over HTTP."""
