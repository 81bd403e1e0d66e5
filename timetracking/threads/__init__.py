"""Messages with patients: threads and their owner, response times, words that need a look, text templates."""
