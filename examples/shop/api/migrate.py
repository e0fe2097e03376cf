"""migrate -- brings the store to what this version of the shop needs. To run it again changes nothing."""

import store

PRODUCTS = {"Apples": "1.20", "Bread": "3.50", "Cheese": "4.80"}

database = store.connect()
for name, price in PRODUCTS.items():
    database.hsetnx("products", name, price)
print(f"the store has {database.hlen('products')} products")
