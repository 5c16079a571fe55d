"""The table of contracts names each contract by its function, and each explains itself."""

from attention.contracts import forward, gradients, options, portability
from attention.contracts.table import CONTRACTS


def test_contracts_are_named_by_their_functions() -> None:
    for name, contract in CONTRACTS.items():
        modules = [part for part in (forward, gradients, options, portability) if hasattr(part, name)]
        assert getattr(modules[0], name) is contract


def test_the_table_has_every_public_function_on_a_module_entry() -> None:
    public = {
        name
        for module in (forward, gradients, options, portability)
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
        and not name.startswith("_")
        and list(value.__annotations__) == ["entry", "return"]
    }
    assert public == set(CONTRACTS)


def test_every_contract_is_described_in_one_sentence() -> None:
    for contract in CONTRACTS.values():
        assert contract.__doc__ is not None
        assert contract.__doc__.count("\n") == 0
        assert contract.__doc__.endswith(".")
