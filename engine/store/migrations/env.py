"""What Alembic runs: the steps, on the connection and in the transaction that `engine.store.migrate` opened.

In: a connection. Out: nothing. Not here: transactions, locks, refusals (`engine.store.migrate`).
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
