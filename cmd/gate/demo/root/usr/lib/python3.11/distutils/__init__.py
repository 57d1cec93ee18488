# distutils is part of Python 3.11; 3.12 has it no more.
