import pytest
import torch
from torch.nn import functional

from corelate.augment.ml_wgan.arithmetic import DOUBLE, HALVE, Products
from corelate.augment.ml_wgan.products import Double, Halve, Product, product


@pytest.mark.parametrize("size", [(2, 2), (4, 6), (8, 2)])
def test_halving_is_a_strided_convolution(size):
    values, weight = torch.randn(2, 3, 5, *size), torch.randn(2, 7, 5, 4, 4)
    arithmetic = Products()

    result = arithmetic.leave(arithmetic.halve(arithmetic.enter(values), arithmetic.kernel(weight, HALVE)))

    expected = torch.stack([functional.conv2d(values[n], weight[n], stride=2, padding=1) for n in range(2)])
    torch.testing.assert_close(result, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 1)])
def test_doubling_is_a_strided_transposed_convolution(size):
    values, weight = torch.randn(2, 3, 5, *size), torch.randn(2, 5, 7, 4, 4)
    arithmetic = Products()

    result = arithmetic.leave(arithmetic.double(arithmetic.enter(values), arithmetic.kernel(weight, DOUBLE)))

    expected = torch.stack([functional.conv_transpose2d(values[n], weight[n], stride=2, padding=1) for n in range(2)])
    torch.testing.assert_close(result, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (Halve, ((2, 2, 4, 6, 3), (2, 48, 5))),
        (Double, ((2, 2, 2, 3, 5), (2, 5, 48))),
        (Product, ((2, 3, 4), (2, 4, 5))),
    ],
)
def test_gradients_are_those_of_finite_differences(function, shapes):
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(function.apply, inputs)


def test_products_do_not_depend_on_how_many_there_are():
    left, right = torch.randn(5, 96, 1024), torch.randn(5, 1024, 64)
    together = product(left, right)
    assert all(torch.equal(product(left[n : n + 1], right[n : n + 1])[0], together[n]) for n in range(5))
    torch.testing.assert_close(together, left @ right, atol=1e-3, rtol=1e-4)
